"""What experiments changed: each test's own return beside the model's, without and with it."""

from markupsafe import Markup

from apportion.results.base import Interval
from apportion.results.mmm import ExperimentEffect
from apportion.views import theme
from apportion.views.mmm.reading import Reading
from apportion.views.parts import cards
from apportion.views.parts.intervals import Track, interval_bar, nice_ceiling
from apportion.views.parts.tables import Cell, Column, table

_COLUMNS = [
    Column("Experiment", "Experiment", "lead nolabel"),
    Column("Return, the test itself", "The test", "n"),
    Column("Model without tests", "Without", "n"),
    Column("Model with tests", "With", "n"),
    Column("Test, without, with", "", "wide nolabel bars"),
    Column("", "", "side"),
]


def calibration_card(reading: Reading) -> Markup:
    """Give the card; nothing if the version was trained without experiments."""
    found = reading.results.experiments
    if not found:
        return Markup()
    track = _track(found)
    used = [each for each in found if each.used]
    finding = (
        f"{theme.count(len(used), 'experiment')} calibrated this version"
        if used
        else "No experiment calibrated this version"
    )
    drawn = "Returns of the spend that each test moved, in its own days; small figures hold 90%"
    return cards.card(
        cards.title(finding, drawn),
        table(
            _COLUMNS,
            [_row(reading, each, track) for each in found],
            f"Bars run from 0 to {theme.number(track.high)}.",
        ),
    )


def _row(reading: Reading, effect: ExperimentEffect, track: Track) -> list[Cell]:
    test = effect.test
    look = reading.looks.get(test.channel)
    name = look.name if look else test.channel
    days = f"{name}, {theme.day(test.start)} to {theme.day(test.end)}"
    estimates = (
        (effect.test_roi, effect.test_roi_interval),
        (effect.model_roi_without, effect.model_roi_without_interval),
        (effect.model_roi, effect.model_roi_interval),
    )
    bars = [
        interval_bar(
            middle,
            interval,
            track,
            label=f"{test.name}: {theme.ratio(middle)}, {theme.span(interval, theme.ratio)}",
            colour=look.colour if look else "",
        )
        for middle, interval in estimates
        if middle is not None and interval is not None
    ]
    return [
        Cell(test.name, effect.reason or days),
        *(_estimate(*each) for each in estimates),
        Cell(cards.joined(bars)),
        Cell(_state(effect)),
    ]


def _state(effect: ExperimentEffect) -> Markup:
    if not effect.used:
        return cards.chip("Not used")
    return cards.chip("They disagree", "warn") if effect.disagrees else cards.chip("Used", "good")


def _estimate(middle: float | None, interval: Interval | None) -> Cell:
    if middle is None or interval is None:
        return Cell("–", classes="soft")
    return Cell(theme.ratio(middle), theme.span(interval, theme.ratio), "strong")


def _track(found: tuple[ExperimentEffect, ...]) -> Track:
    ends = [
        interval.upper
        for each in found
        for interval in (
            each.test_roi_interval,
            each.model_roi_interval,
            each.model_roi_without_interval,
        )
        if interval is not None
    ]
    return Track(0, nice_ceiling(max(ends, default=1.0)), 1)
