"""The markup of two model versions held against each other."""

from collections.abc import Sequence

from markupsafe import Markup

from apportion.results.base import Interval
from apportion.results.comparison import ChannelChange, VersionComparison
from apportion.results.mmm import MMMResults
from apportion.views import theme
from apportion.views.channels import channel_look
from apportion.views.parts import cards
from apportion.views.parts.tables import Cell, Column, table


def form(completed: Sequence[MMMResults], chosen: VersionComparison | None, path: str) -> Markup:
    """Give the form that chooses two versions."""
    numbers = [found.version for found in completed]
    before = chosen.before.version if chosen else numbers[1]
    after = chosen.after.version if chosen else numbers[0]
    return Markup(
        '<form method="get" action="{}" class="ap-row ap-card"><span><b>Compare</b></span>'
        "{}<span>with</span>{}"
        '<button class="ap-btn" type="submit">Compare</button></form>'
    ).format(
        path,
        _select("before", "Earlier version", numbers, before),
        _select("after", "Later version", numbers, after),
    )


def card(found: VersionComparison) -> Markup:
    """Give what changed, channel by channel."""
    before, after = found.before.version, found.after.version
    finding = (
        f"Version {after} is a wild jump from version {before}"
        if found.jumps
        else f"Version {after} agrees with version {before}"
    )
    columns = [
        Column("Channel", "Channel", "lead nolabel"),
        Column(f"Return, version {before}", f"Version {before}", "n"),
        Column(f"Return, version {after}", f"Version {after}", "n"),
        Column("Change", "Change", "n"),
        Column(f"Best spend a week, {before} and {after}", "Best spend", "n"),
    ]
    currency = found.after.currency
    rows = [
        [
            Cell(cards.channel(channel_look(change.channel))),
            _figure(change.roi_before, change.roi_before_interval),
            _figure(change.roi_after, change.roi_after_interval),
            Cell(_factor(change), *(("wild jump",) if change.is_wild else ())),
            Cell(_spends(change, currency)),
        ]
        for change in found.channels
    ]
    notes = cards.joined(cards.note("warn", "Jump", jump.capitalize()) for jump in found.jumps)
    return cards.card(
        cards.title(finding, "Return per unit of spend, with its 90% interval"),
        Markup('<div class="ap-notes">{}</div>').format(notes) if notes else Markup(),
        table(columns, rows, "Each version over its own last year"),
        cards.foot(_media(found)),
    )


def _media(found: VersionComparison) -> str:
    if found.media_percent_before is None or found.media_percent_after is None:
        return ""
    before, after = found.media_percent_before_interval, found.media_percent_after_interval
    assert before is not None
    assert after is not None
    return (
        f"Share of media in {found.outcome_after}: {theme.percent(found.media_percent_before)} "
        f"({theme.span(before, theme.percent)}) before, "
        f"{theme.percent(found.media_percent_after)} ({theme.span(after, theme.percent)}) after."
    )


def _figure(value: float | None, interval: Interval | None) -> Cell:
    if value is None or interval is None:
        return Cell("none")
    return Cell(theme.ratio(value), theme.span(interval, theme.ratio))


def _factor(change: ChannelChange) -> str:
    if change.roi_factor is None:
        return (
            "new" if change.roi_before is None else "gone" if change.roi_after is None else "none"
        )
    return f"× {change.roi_factor:.2f}"


def _spends(change: ChannelChange, currency: str) -> str:
    amounts = (change.optimal_spend_before, change.optimal_spend_after)
    return " and ".join(
        "none" if amount is None else theme.money(amount, currency) for amount in amounts
    )


def _select(name: str, label: str, numbers: Sequence[int], chosen: int) -> Markup:
    options = cards.joined(
        Markup('<option value="{0}"{1}>Version {0}</option>').format(
            number, Markup(" selected") if number == chosen else ""
        )
        for number in numbers
    )
    return Markup(
        '<label class="ap-sr" for="f-{0}">{1}</label><select id="f-{0}" name="{0}">{2}</select>'
    ).format(name, label, options)
