"""The versions there are, one of them to look at, two of them side by side."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import ipywidgets as widgets
import traitlets
from markupsafe import Markup

from apportion.results.base import Interval
from apportion.results.comparison import ChannelChange, VersionComparison
from apportion.results.mmm import MMMResults, ModelStatus, ModelVersion
from apportion.views import theme
from apportion.views.channels import channel_looks
from apportion.views.mmm.reading import is_by_day
from apportion.views.parts import cards
from apportion.views.parts.boxes import html, show, stack
from apportion.views.parts.intervals import Track, interval_bar, nice_ceiling
from apportion.views.parts.pick import Pick
from apportion.views.parts.tables import Cell, Column, table

if TYPE_CHECKING:
    from apportion.workspace import Workspace

NOTHING = "–"

_LIST = [
    Column("Version", "Version", "lead nolabel"),
    Column("Trained", "Trained"),
    Column("By", "By"),
    Column("Training data", "Training data"),
    Column("Fit, R²", "R²", "n"),
    Column("Average miss", "Miss", "n"),
    Column("Unseen weeks", "Unseen", "n"),
]
_CHANGES = [
    Column("Channel", "Channel", "lead nolabel"),
    Column("Return, earlier", "Earlier", "n"),
    Column("Return, later", "Later", "n"),
    Column("Earlier above, later below", "", "wide nolabel bars"),
    Column("Share of ads", "Share", "n"),
    Column("Best spend", "Best spend", "n"),
]


class Versions(widgets.VBox):
    """The list, and the comparison of two versions.

    Parameters
    ----------
    workspace : Workspace
    versions : sequence of MMMResults
        All versions, newest first, without their heavy parts.
    shown : int
        The version that the page shows.
    on_show : callable
        Called with the version that is to be shown instead.
    """

    def __init__(
        self,
        workspace: "Workspace",
        versions: Sequence[MMMResults],
        shown: int,
        on_show: Callable[[int], None],
    ) -> None:
        self._workspace = workspace
        self._on_show = on_show
        completed = [each for each in versions if each.status is ModelStatus.COMPLETED]
        options = [(str(each.version), _named(each, workspace)) for each in completed]
        self.shown = Pick("Show on this page", options, str(shown))
        self.comparison = html()
        first = _card("Versions", "Stored as they were trained; none is ever changed.", self.shown)
        listed = html(_listed(versions, workspace.tenant.timezone))
        first.children = [*first.children[:1], listed, *first.children[1:]]
        parts = [first]
        if len(completed) > 1:
            self.earlier = Pick("Earlier", options, str(completed[1].version))
            self.later = Pick("Later", options, str(completed[0].version))
            for pick in (self.earlier, self.later):
                pick.observe(self._compare, "value")
            drawn = "Returns of each version's own last year; bars hold 90%"
            second = _card("Two versions side by side", drawn, self.earlier, self.later)
            second.children = [*second.children, self.comparison]
            parts.append(second)
            self._compare(None)
        super().__init__(parts)
        self.add_class("ap-page")
        self.shown.observe(self._show, "value")

    def _show(self, change: traitlets.Bunch) -> None:
        self._on_show(int(change.new))

    def _compare(self, _: object) -> None:
        if self.earlier.value == self.later.value:
            note = cards.note("info", "The same version twice", "Choose two different ones.")
            show(self.comparison, note)
            return
        found = self._workspace.versions.compare(int(self.earlier.value), int(self.later.value))
        show(self.comparison, comparison(found))


def comparison(found: VersionComparison) -> Markup:
    """Give two versions side by side: what they rest on, and what they say of each channel."""
    track = _track(found)
    looks = channel_looks(each.channel for each in found.channels)
    currency = found.after.currency
    jumps = [
        cards.note("warn", "The later version is a jump", sentence) for sentence in found.jumps
    ]
    return cards.pile(
        *jumps,
        cards.facts_list(_about(found)),
        table(
            _CHANGES,
            [
                [
                    Cell(cards.channel(looks[each.channel])),
                    _estimate(each.roi_before, each.roi_before_interval),
                    _estimate(each.roi_after, each.roi_after_interval),
                    Cell(_bars(each, looks[each.channel].colour, track)),
                    Cell(
                        f"{_percent(each.contribution_percent_before)} to "
                        f"{_percent(each.contribution_percent_after)}"
                    ),
                    Cell(
                        f"{_money(each.optimal_spend_before, currency)} to "
                        f"{_money(each.optimal_spend_after, currency)}"
                    ),
                ]
                for each in found.channels
            ],
            f"Bars run from 0 to {theme.number(track.high)}.",
        ),
    )


def _card(title: str, drawn: str, *picks: Pick) -> widgets.VBox:
    row = stack(picks, "ap-picks")
    return stack([html(cards.title(title, drawn)), row], "ap-card")


def _named(version: ModelVersion, workspace: "Workspace") -> str:
    when = ""
    if version.last_run_at is not None:
        when = f", {theme.moment(version.last_run_at, workspace.tenant.timezone)}"
    return f"Version {version.version}{when}{', current' if version.is_current else ''}"


def _listed(versions: Sequence[MMMResults], timezone: str) -> Markup:
    return table(_LIST, [_row(each, timezone) for each in versions], "Newest first.")


def _row(version: MMMResults, timezone: str) -> list[Cell]:
    fit = version.model_fit
    days = version.date_range
    status = cards.status_chip(version.status)
    if version.is_current:
        status += cards.chip("Current", "good")
    elif version.held_back:
        status += cards.chip("Held back", "warn")
    return [
        Cell(
            Markup('<span class="ap-row"><b>{}</b>{}</span>').format(version.version, status),
            version.reason or version.held_back or "",
        ),
        Cell(theme.moment(version.last_run_at, timezone) if version.last_run_at else NOTHING),
        Cell(version.trained_by or NOTHING),
        Cell(
            f"{theme.day(days.start)} to {theme.day(days.end)}" if days else NOTHING,
            "fitted by day" if is_by_day(fit) else "",
        ),
        Cell(theme.score(fit.r2) if fit else NOTHING),
        Cell(theme.share(fit.mape) if fit else NOTHING),
        Cell(
            theme.share(fit.holdout_mape)
            if fit is not None and fit.holdout_mape is not None
            else NOTHING
        ),
    ]


def _about(found: VersionComparison) -> list[tuple[str, str]]:
    facts = []
    for name, version in (("Earlier", found.before), ("Later", found.after)):
        days, fit = version.date_range, version.model_fit
        if days is not None:
            text = f"{theme.day(days.start)} to {theme.day(days.end)}"
            text += ", fitted by day" if is_by_day(fit) else ""
            facts.append((f"{name}: version {version.version}, training data", text))
        if fit is not None:
            text = f"R² {theme.score(fit.r2)}, average miss {theme.share(fit.mape)}"
            facts.append((f"{name}: fit", text))
    for name, share, interval in (
        ("Earlier", found.media_percent_before, found.media_percent_before_interval),
        ("Later", found.media_percent_after, found.media_percent_after_interval),
    ):
        if share is not None and interval is not None:
            text = f"{theme.percent(share)} ({theme.span(interval, theme.percent)})"
            facts.append((f"{name}: from ads", text))
    return facts


def _track(found: VersionComparison) -> Track:
    """Scale the bars to the estimates; a far wider interval is cut and marked."""
    ends = [
        min(interval.upper, 3 * max(middle, 0.1))
        for each in found.channels
        for middle, interval in (
            (each.roi_before, each.roi_before_interval),
            (each.roi_after, each.roi_after_interval),
        )
        if middle is not None and interval is not None
    ]
    return Track(0, nice_ceiling(max(ends, default=1.0)), 1)


def _bars(change: ChannelChange, colour: str, track: Track) -> Markup:
    parts = [
        interval_bar(
            middle,
            interval,
            track,
            label=f"{change.channel}, {when}: {theme.ratio(middle)}, "
            f"{theme.span(interval, theme.ratio)}",
            colour=colour,
        )
        for when, middle, interval in (
            ("earlier", change.roi_before, change.roi_before_interval),
            ("later", change.roi_after, change.roi_after_interval),
        )
        if middle is not None and interval is not None
    ]
    return cards.joined(parts)


def _estimate(middle: float | None, interval: Interval | None) -> Cell:
    if middle is None or interval is None:
        return Cell("not in it", classes="soft")
    return Cell(theme.ratio(middle), theme.span(interval, theme.ratio), "strong")


def _percent(value: float | None) -> str:
    return NOTHING if value is None else theme.percent(value)


def _money(value: float | None, currency: str) -> str:
    return NOTHING if value is None else theme.money(value, currency)
