"""Plan ahead: the next quarter week by week, and named plans side by side."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import bqplot
import ipywidgets as widgets
import numpy as np
import pandas as pd
import traitlets
from markupsafe import Markup

from apportion.errors import ApportionError
from apportion.mmm.planner import Planner
from apportion.results.mmm import Check
from apportion.results.scenarios import Flighting, Forecast, Scenario, ScenarioComparison, SpendPlan
from apportion.views import theme
from apportion.views.mmm.reading import Reading
from apportion.views.parts import cards, charts
from apportion.views.parts.boxes import html, show, stack
from apportion.views.parts.download import Download
from apportion.views.parts.elements import module
from apportion.views.parts.intervals import Track, interval_bar, nice_ceiling
from apportion.views.parts.pick import Pick
from apportion.views.parts.tables import Cell, Column, table

if TYPE_CHECKING:
    from apportion.workspace import Workspace

HEIGHT = 280
WEEKS = 13
NOW, BEST, SLIDERS = "now", "best", "sliders"

_HERE = Path(__file__)
_SPLITS = [
    (NOW, "What is spent now"),
    (BEST, "The best split of what is spent now"),
    (SLIDERS, "The split of the Budget tab"),
]
_FLIGHTS = [
    (Flighting.LAST_YEAR.value, "As in the same weeks of last year"),
    (Flighting.EVEN.value, "The same every week"),
]
_COMPARED = [
    Column("Plan", "Plan", "lead nolabel"),
    Column("Spend", "Spend", "n"),
    Column("Outcome", "Outcome", "n"),
    Column("", "", "wide nolabel bars"),
    Column("From ads", "From ads", "n"),
    Column("Against the first", "Against the first", "n"),
]


class SaveName(anywidget.AnyWidget):
    """A field for a name and a button; `on_save` is told the name."""

    _esm = module(_HERE.with_suffix(".js"))
    _css = (
        ".ap-name{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:12px;align-items:end}"
    )

    title = traitlets.Unicode("Name of the plan").tag(sync=True)
    action = traitlets.Unicode("Save the plan").tag(sync=True)

    def __init__(self, on_save: Callable[[str], bool]) -> None:
        super().__init__()
        self._on_save = on_save
        self.on_msg(self._on_message)

    def _on_message(self, _: object, content: dict[str, Any], __: Sequence[bytes]) -> None:
        if content.get("kind") == "save" and self._on_save(str(content.get("name", ""))):
            self.send({"kind": "saved"})


class PlanAhead(widgets.VBox):
    """The forecast of a plan, and the saved plans.

    Parameters
    ----------
    workspace : Workspace
    planner, reading : Planner and Reading
        The version that the page shows.
    split_of_sliders : callable
        Gives the split of the Budget tab; None: it has not been opened.
    may_save : bool
        Whether to offer saving; the store refuses a viewer in any case.
    """

    def __init__(
        self,
        workspace: "Workspace",
        planner: Planner,
        reading: Reading,
        split_of_sliders: Callable[[], Mapping[str, float] | None],
        *,
        may_save: bool,
    ) -> None:
        self._workspace, self._planner, self._reading = workspace, planner, reading
        self._split_of_sliders = split_of_sliders
        self._may_save = may_save
        self.split = Pick("Spend a week", _SPLITS)
        self.flighting = Pick("Spread over the weeks", _FLIGHTS)
        self.heading, self.below, self.told = html(), html(), html()
        self.forecast: Forecast | None = None
        self._draw_figure()
        picks = stack([self.split, self.flighting], "ap-picks")
        download = Download(lambda: forecast_frame(self._known), "plan")
        save = [SaveName(self._save)] if may_save else []
        card = stack(
            [self.heading, picks, self.figure, self.below, *save, self.told, download],
            "ap-card",
            "ap-frame",
        )
        self.saved = stack([], "ap-card")
        super().__init__([card, self.saved])
        self.add_class("ap-page")
        for pick in (self.split, self.flighting):
            pick.observe(self._price, "value")
        self._price(None)
        self._list()

    @property
    def _known(self) -> Forecast:
        assert self.forecast is not None
        return self.forecast

    def _plan(self) -> SpendPlan:
        spend: Mapping[str, float] = {}
        if self.split.value == BEST:
            now = sum(effect.current_spend for effect in self._reading.channels)
            best = self._planner.optimise(now)
            spend = {each.channel: each.optimal_spend for each in best.allocation}
        elif self.split.value == SLIDERS:
            spend = self._split_of_sliders() or {}
        return SpendPlan(weeks=WEEKS, spend=dict(spend), flighting=Flighting(self.flighting.value))

    def _price(self, _: object) -> None:
        show(self.told, Markup())
        try:
            self.forecast = self._planner.forecast(self._plan())
        except ApportionError as error:
            show(self.told, cards.note("bad", "This plan cannot be priced", str(error)))
            return
        show(self.heading, _title(self._reading, self._known))
        self._draw(self._known)
        show(self.below, _below(self._reading, self._known))

    def _draw_figure(self) -> None:
        self._scales = {"x": bqplot.DateScale(), "y": bqplot.LinearScale()}
        self.band = charts.band(self._scales, "var(--ap-accent)", 0.18)
        self.line = charts.line(self._scales, "var(--ap-accent)")
        self.before = charts.line(self._scales, charts.TEXT, stroke_width=1.5, line_style="dashed")
        self._x = charts.axis(self._scales["x"])
        self._y = charts.axis(self._scales["y"], is_vertical=True)
        marks = [self.band, self.before, self.line]
        self.figure = charts.figure(marks, [self._x, self._y], height=HEIGHT)

    def _draw(self, told: Forecast) -> None:
        weeks = np.array(told.weeks, dtype="datetime64[ns]")
        charts.set_points(self.band, weeks, [told.expected_lower, told.expected_upper])
        charts.set_points(self.line, weeks, told.expected)
        last_year = told.last_year or ()
        charts.set_points(self.before, weeks[: len(last_year)], last_year)
        low = min(*told.expected_lower, *last_year)
        high = max(*told.expected_upper, *last_year)
        bottom = max(0.0, low - 0.2 * (high - low)) if low >= 0 else low
        with self._scales["y"].hold_sync():
            self._scales["y"].min, self._scales["y"].max = bottom, high
        values = charts.ticks(bottom, high)
        width = charts.set_ticks(self._y, values, self._reading.outcome_on_axis)
        charts.set_margin(self.figure, left=width)
        with self._x.hold_sync():
            self._x.tick_values = weeks[:: max(1, len(weeks) // 3)]
            self._x.tick_format = "%d %b"

    def _save(self, name: str) -> bool:
        try:
            self._workspace.scenarios.save(name, self._known.plan)
        except ApportionError as error:
            show(self.told, cards.note("bad", "The plan was not saved", str(error)))
            return False
        show(self.told, cards.note("good", "Saved", "Compare it with others below."))
        self._list()
        return True

    def _list(self) -> None:
        scenarios = self._workspace.scenarios.list()
        title = html(
            cards.title(
                "Saved plans side by side",
                "Priced anew by the version that is current; the first is what the others are "
                "held against. Intervals hold 90%.",
            )
        )
        if not scenarios:
            empty = cards.note("", "No plan is saved", "Save one above, then another.")
            self.saved.children = [title, html(empty)]
            return
        options = [(each.id, each.name) for each in scenarios]
        self.first = Pick("Hold against", options, scenarios[-1].id)
        self.comparison = html()
        self.first.observe(lambda _: self._compare(scenarios), "value")
        picks = [self.first]
        if self._may_save:
            self.gone = Pick("Delete", [("", "None"), *options], "")
            self.gone.observe(self._delete, "value")
            picks.append(self.gone)
        self.saved.children = [title, stack(picks, "ap-picks"), self.comparison]
        self._compare(scenarios)

    def _delete(self, change: traitlets.Bunch) -> None:
        if not change.new:
            return
        try:
            self._workspace.scenarios.delete(change.new)
        except ApportionError as error:
            show(self.told, cards.note("bad", "The plan was not deleted", str(error)))
        self._list()

    def _compare(self, scenarios: Sequence[Scenario]) -> None:
        first = [each for each in scenarios if each.id == self.first.value]
        others = [each for each in scenarios if each.id != self.first.value]
        try:
            found = self._planner.compare([*first, *others])
        except ApportionError as error:
            show(self.comparison, cards.note("warn", "These cannot be compared", str(error)))
            return
        show(self.comparison, compared(self._reading, found))


def forecast_frame(told: Forecast) -> pd.DataFrame:
    """Give a forecast week by week: the outcome with its interval, and every channel's spend."""
    columns: dict[str, Sequence[float]] = {
        "expected": told.expected,
        "from": told.expected_lower,
        "to": told.expected_upper,
        **{f"spend {name}": amounts for name, amounts in told.spend.items()},
    }
    return pd.DataFrame(columns, index=pd.Index(told.weeks, name="week"))


def compared(reading: Reading, found: ScenarioComparison) -> Markup:
    """Give plans side by side."""
    ends = [each.forecast.total_interval for each in found.outcomes]
    low, high = min(each.lower for each in ends), max(each.upper for each in ends)
    track = Track(max(0.0, low - 0.5 * (high - low)), high + 0.05 * (high - low))
    rows = []
    for number, each in enumerate(found.outcomes):
        told = each.forecast
        total = reading.outcome(told.total)
        interval = theme.span(told.total_interval, reading.outcome)
        against = (
            Cell("the first")
            if number == 0
            else Cell(
                f"{'+' if each.difference > 0 else ''}{reading.outcome(each.difference)}",
                f"{theme.span(each.difference_interval, reading.outcome)}; better with "
                f"{theme.share(each.probability_better, 0)}",
                "strong",
            )
        )
        label = f"{each.scenario.name}: {total}, {interval}"
        rows.append(
            [
                Cell(each.scenario.name, f"by {each.scenario.created_by}", "strong"),
                Cell(reading.spend(told.total_spend), theme.count(len(told.weeks), "week")),
                Cell(total, interval, "strong"),
                Cell(interval_bar(told.total, told.total_interval, track, label=label)),
                Cell(
                    reading.outcome(told.from_media),
                    theme.span(told.from_media_interval, reading.outcome),
                ),
                against,
            ]
        )
    low_text, high_text = reading.outcome(track.low), reading.outcome(nice_ceiling(track.high))
    return table(_COMPARED, rows, f"Bars run from {low_text} to about {high_text}.")


def _title(reading: Reading, told: Forecast) -> Markup:
    total = theme.span(told.total_interval, reading.outcome)
    noun = reading.noun
    finding = (
        f"The {theme.count(len(told.weeks), 'week')} from {theme.day(told.weeks[0])} bring "
        f"{total} of {noun}, with 90%"
    )
    drawn = (
        f"{noun.capitalize()} a week for {reading.spend(told.total_spend)} of spend in all; "
        "season and trend go on, and the axis need not begin at 0"
    )
    key = cards.key(
        ("Expected", "line", "fit"), ("A week, 90%", "band", "fit"), ("Last year", "dash", "")
    )
    return cards.title(finding, drawn) + key


def _below(reading: Reading, told: Forecast) -> Markup:
    media = theme.span(told.from_media_interval, reading.outcome)
    notes = [cards.note("warn", *_sentences(check)) for check in told.checks]
    weeks = [Column("Week from", "Week from", "lead nolabel")]
    names = [effect.channel for effect in reading.channels]
    weeks += [Column(reading.looks[name].name, reading.looks[name].name, "n") for name in names]
    rows = [
        [Cell(theme.day(week)), *(Cell(reading.spend(told.spend[name][at])) for name in names)]
        for at, week in enumerate(told.weeks)
    ]
    flights = Markup("<details class='ap-more'><summary>Spend week by week</summary>{}</details>")
    return cards.joined(
        [
            cards.foot(f"Ads cause {reading.outcome(told.from_media)} of it ({media})."),
            flights.format(table(weeks, rows, "Whole cents; the sum is the total.")),
            *([Markup('<div class="ap-notes">{}</div>').format(cards.joined(notes))]),
        ]
    )


def _sentences(check: Check) -> tuple[str, str]:
    first, stop, rest = check.message.partition(". ")
    return first + stop.strip(), rest
