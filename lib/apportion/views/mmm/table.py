"""The channel table: contribution, return now, return of the next unit of spend, saturation."""

from markupsafe import Markup

from apportion.results.base import Interval
from apportion.results.mmm import ChannelEffect, HowSure
from apportion.views import theme
from apportion.views.mmm import findings
from apportion.views.mmm.reading import Reading
from apportion.views.parts import cards
from apportion.views.parts.intervals import Track, axis_labels, interval_bar, nice_ceiling
from apportion.views.parts.tables import Cell, Column, table

NOT_KNOWN = "not known"


def channel_table(reading: Reading) -> Markup:
    """Give the card of the table."""
    track = _track(reading)
    drawn = "Estimates"
    if (window := reading.results.estimate_window) is not None:
        weeks = theme.count(((window.end - window.start).days + 1) // 7, "week")
        drawn += f" for the {weeks} to {theme.day(window.end)}"
    drawn += "; small figures and bars hold 90%. Hatched: the data cannot tell."
    low, high = theme.number(track.low), theme.number(track.high)
    caption = f"Bars run from {low} to {high}"
    if track.reference is not None:
        caption += f"; the dashed line is 1, where a {reading.unit} brings a {reading.unit}"
    return cards.card(
        cards.title(findings.channels_finding(reading), drawn),
        table(
            _columns(reading, track),
            [_row(reading, effect, track) for effect in reading.channels],
            caption + ".",
        ),
    )


def _track(reading: Reading) -> Track:
    """Scale the bars to what can be told; an interval that is wider is cut and marked."""
    told = [e for e in reading.channels if e.how_sure is not HowSure.CANNOT_TELL]
    effects = told or reading.channels
    lowest = min(0.0, *(effect.marginal_roi_interval.lower for effect in effects))
    highest = max(
        *(effect.marginal_roi_interval.upper for effect in effects),
        *(effect.marginal_roi for effect in reading.channels),
    )
    if reading.is_money:
        return Track(-nice_ceiling(-lowest) if lowest < 0 else 0, nice_ceiling(max(2, highest)), 1)
    return Track(-nice_ceiling(-lowest) if lowest < 0 else 0, nice_ceiling(highest))


def _columns(reading: Reading, track: Track) -> list[Column]:
    ends = [(0.0, theme.number(track.low)), (100.0, theme.number(track.high))]
    if track.reference is not None:
        place = track.place(track.reference)
        labels = [(place, "1"), ends[1]] if place < 12 else [ends[0], (place, "1"), ends[1]]
    else:
        labels = ends
    return_now = "Return now" if reading.is_money else f"{reading.noun.capitalize()} per unit"
    return [
        Column("Channel", "Channel", "lead nolabel"),
        Column(_two_lines("Contribution", "share of ads"), "Contribution", "n"),
        Column(_two_lines(return_now, "ROI"), "ROI now", "n"),
        Column(_two_lines(reading.next_unit, "marginal ROI"), reading.next_unit, "n"),
        Column(axis_labels(*labels), "", "wide nolabel bars"),
        Column(_two_lines("Saturates at", "a week"), "Saturates at", "n"),
        Column(_two_lines("Spend now", "a week"), "Spend now", "n"),
        Column(_two_lines("Best spend", "a week"), "Best spend", "n"),
        Column("Change", "Change", "side"),
    ]


def _two_lines(name: str, meaning: str) -> Markup:
    return Markup("{}<br>({})").format(name, meaning)


def _row(reading: Reading, effect: ChannelEffect, track: Track) -> list[Cell]:
    unknown = effect.how_sure is HowSure.CANNOT_TELL
    weight = "soft" if unknown else "strong"
    look = reading.looks[effect.channel]
    told = f"{theme.ratio(effect.marginal_roi)}, {_range(effect.marginal_roi_interval)}"
    return [
        Cell(cards.channel(look) + cards.how_sure(effect.how_sure)),
        Cell(
            theme.percent(effect.contribution_percent, 1),
            theme.span(
                effect.contribution_percent_interval,
                lambda value: theme.percent(value, 1).removesuffix("%"),
            ),
            weight,
            value=effect.contribution_percent,
        ),
        Cell(
            theme.ratio(effect.current_roi),
            _range(effect.current_roi_interval),
            weight,
            value=effect.current_roi,
        ),
        Cell(
            theme.ratio(effect.marginal_roi),
            _range(effect.marginal_roi_interval),
            weight,
            value=effect.marginal_roi,
        ),
        Cell(
            interval_bar(
                effect.marginal_roi,
                effect.marginal_roi_interval,
                track,
                label=f"{look.name}, next {reading.unit}: {told}",
                colour=look.colour,
                is_hatched=unknown,
            )
        ),
        _saturation(reading, effect),
        Cell(reading.spend(effect.current_spend), value=effect.current_spend),
        Cell(NOT_KNOWN, classes="soft")
        if unknown
        else Cell(reading.spend(effect.optimal_spend), classes=weight, value=effect.optimal_spend),
        Cell(_change(reading, effect)),
    ]


def _range(interval: Interval) -> str:
    return theme.span(interval, theme.ratio)


def _saturation(reading: Reading, effect: ChannelEffect) -> Cell:
    if effect.how_sure is HowSure.CANNOT_TELL:
        return Cell(NOT_KNOWN, classes="soft")
    if effect.saturation_point is None:
        return Cell("not reached")
    interval = effect.saturation_point_interval
    return Cell(
        reading.spend(effect.saturation_point),
        theme.span(interval, lambda x: theme.money(x, reading.results.currency, 2))
        if interval is not None
        else "",
        value=effect.saturation_point,
    )


def _change(reading: Reading, effect: ChannelEffect) -> Markup:
    if effect.how_sure is HowSure.CANNOT_TELL:
        return cards.chip("Test first", "warn")
    moved = findings.move(effect)
    is_soft = effect.how_sure not in findings.FIRM
    if not moved:
        return cards.change("keep", "flat", is_soft)
    amount = reading.spend(abs(moved))
    if moved > 0:
        return cards.change(f"{amount} more", "up", is_soft)
    return cards.change(f"{amount} less", "down", is_soft)
