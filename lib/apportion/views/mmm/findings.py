"""The sentences of the page, computed from the numbers: its answer and each chart's title.

A sentence claims no more than the intervals allow. Channels that the data cannot tell get no
recommendation, an order of two channels is claimed only when their intervals are apart, and where
there is nothing to say, it is said that there is nothing.
"""

from enum import StrEnum

from markupsafe import Markup

from apportion.results.mmm import ChannelEffect, HowSure
from apportion.views import theme
from apportion.views.mmm.reading import Reading

FIRM = (HowSure.VERY_SURE, HowSure.FAIRLY_SURE)
"""How sure a channel's figures must be before money is moved on them."""

WORTH_MOVING = 0.05
"""A best spend this close to the spend now, relative to it, is no change."""

WIDE = 3.0
"""An interval of the saturation point whose ends differ by more says nothing about the spend now
within it."""

MOST_NAMED = 2
"""Channels that the answer names on each side: those whose next unit earns the most and least."""

_ORDER = (HowSure.CANNOT_TELL, HowSure.NOT_SURE, HowSure.FAIRLY_SURE, HowSure.VERY_SURE)


class Position(StrEnum):
    """Where the spend now lies on a channel's curve."""

    CANNOT_TELL = "cannot tell"
    ROOM = "room to grow"
    NEAR = "near its saturation point"
    UNCLEAR = "saturation not clear"
    PAST = "past its saturation point"


def position(effect: ChannelEffect) -> Position:
    """Hold the spend now against the interval of the saturation point."""
    if effect.how_sure is HowSure.CANNOT_TELL:
        return Position.CANNOT_TELL
    interval = effect.saturation_point_interval
    if effect.saturation_point is None or interval is None:
        return Position.ROOM
    if effect.current_spend > interval.upper:
        return Position.PAST
    if effect.current_spend < interval.lower:
        return Position.ROOM
    return Position.NEAR if interval.upper <= WIDE * interval.lower else Position.UNCLEAR


def move(effect: ChannelEffect) -> float:
    """Give the change of spend that the best split asks for; 0 if it is not worth moving."""
    difference = effect.optimal_spend - effect.current_spend
    is_worth = abs(difference) >= WORTH_MOVING * max(effect.current_spend, 1e-9)
    return difference if is_worth and effect.how_sure is not HowSure.CANNOT_TELL else 0.0


def answer(reading: Reading) -> tuple[Markup, HowSure]:
    """Give the page's answer, and how sure its weakest part is."""
    if len(reading.channels) == 1:
        return _answer_for_one(reading, reading.channels[0])
    known = _known(reading)
    if not known:
        text = Markup("The data <em>cannot tell</em> which channel earns more: test one first")
        return text, HowSure.CANNOT_TELL
    if any(check.code == "holdout_worse" for check in reading.results.checks):
        text = Markup("<em>Keep the split</em>: the model forecasts worse than last year's weeks")
        return text, HowSure.NOT_SURE
    firm = [effect for effect in known if effect.how_sure in FIRM]
    into, out_of = _sides(reading, firm)
    if into or out_of:
        return _shift(reading, into, out_of), _weakest(into + out_of)
    if len(known) == 1:
        return _answer_for_one_among_many(reading, known[0])
    if not firm or any(move(effect) for effect in firm):
        return Markup("<em>Not sure enough</em> to move money between channels"), HowSure.NOT_SURE
    text = Markup("<em>Keep the split</em>: moving money brings no clear gain")
    return text, _weakest(firm)


def channels_finding(reading: Reading) -> str:
    """Compare the best and the worst next unit of spend, if their intervals are apart."""
    known = _known(reading)
    if not known:
        return f"No channel's next {reading.unit} can be told"
    if len(known) == 1:
        rest = "; no other channel can be told" if len(reading.channels) > 1 else ""
        earned = theme.span(known[0].marginal_roi_interval, reading.outcome)
        return f"The next {reading.unit} in {reading.name(known[0])} brings {earned}{rest}"
    best = max(known, key=lambda effect: effect.marginal_roi)
    worst = min(known, key=lambda effect: effect.marginal_roi)
    if not _is_above(best, worst):
        return f"No channel's next {reading.unit} is clearly worth more than another's"
    earned_best, earned_worst = (reading.outcome(e.marginal_roi) for e in (best, worst))
    if reading.is_money:
        return (
            f"{reading.name(best)} earns {earned_best} on the next {reading.unit}, "
            f"{reading.name(worst)} {earned_worst}"
        )
    return (
        f"The next {reading.unit} brings {earned_best} {reading.noun} in {reading.name(best)}, "
        f"{earned_worst} in {reading.name(worst)}"
    )


def curves_finding(reading: Reading) -> str:
    """Say which channels are past their saturation point and which have room."""
    where = {effect.channel: position(effect) for effect in reading.channels}
    past = [effect for effect in reading.channels if where[effect.channel] is Position.PAST]
    room = [effect for effect in reading.channels if where[effect.channel] is Position.ROOM]
    if all(place is Position.CANNOT_TELL for place in where.values()):
        return "No saturation point can be told"
    if not past and not room:
        return "No channel is clearly past its saturation point, and none clearly before it"
    if not past:
        return f"{reading.names(room)} {_have(room)} room to grow; no channel is clearly saturated"
    its = "its saturation point" if len(past) == 1 else "their saturation points"
    first = f"{reading.names(past)} {_are(past)} past {its}"
    return f"{first}; {reading.names(room)} {_have(room)} room to grow" if room else first


def decomposition_finding(reading: Reading) -> str:
    """Say what ads bring in all, and which channel brings the most, if one stands out."""
    interval = reading.results.media_percent_interval
    if interval is None:
        return f"What brings the {reading.noun}, week by week"
    total = f"Ads bring {theme.span(interval, theme.percent)} of {reading.noun}"
    if len(reading.channels) < 2:
        return total
    first, *others = sorted(reading.channels, key=lambda effect: -effect.contribution)
    stands_out = first.how_sure is not HowSure.CANNOT_TELL and all(
        first.contribution_interval.lower > other.contribution_interval.upper for other in others
    )
    if stands_out:
        return f"{total}; {reading.name(first)} brings the most"
    return f"{total}; no channel clearly brings the most"


def _known(reading: Reading) -> list[ChannelEffect]:
    return [effect for effect in reading.channels if effect.how_sure is not HowSure.CANNOT_TELL]


def _is_above(one: ChannelEffect, other: ChannelEffect) -> bool:
    """Whether the next unit of spend surely earns more in one channel than in the other."""
    return one.marginal_roi_interval.lower > other.marginal_roi_interval.upper


def _sides(
    reading: Reading, firm: list[ChannelEffect]
) -> tuple[list[ChannelEffect], list[ChannelEffect]]:
    """Give the channels to put money into and to take it from, best and worst first.

    Every channel to put into surely earns more on the next unit than every one to take from.
    Where there is only one side, its next unit must surely earn more, or less, than itself.
    """
    by_return = sorted(firm, key=lambda effect: effect.marginal_roi)
    into = [effect for effect in reversed(by_return) if move(effect) > 0]
    out_of = [effect for effect in by_return if move(effect) < 0]
    if into and out_of:
        if not _is_above(into[0], out_of[0]):
            return [], []
        into = [effect for effect in into if _is_above(effect, out_of[0])][:MOST_NAMED]
        out_of = [e for e in out_of if all(_is_above(one, e) for one in into)][:MOST_NAMED]
        return into, out_of
    if not reading.is_money:
        return [], []
    into = [effect for effect in into if effect.marginal_roi_interval.lower > 1]
    out_of = [effect for effect in out_of if effect.marginal_roi_interval.upper < 1]
    return into[:MOST_NAMED], out_of[:MOST_NAMED]


def _shift(reading: Reading, into: list[ChannelEffect], out_of: list[ChannelEffect]) -> Markup:
    if not out_of:
        return Markup("Put the next {} into <em>{}</em>; where to take it from is not sure").format(
            reading.unit, reading.names(into)
        )
    if not into:
        return Markup("Spend less on <em>{}</em>; where to put it instead is not sure").format(
            reading.names(out_of)
        )
    return Markup("Put the next {} into <em>{}</em>; take it from {}").format(
        reading.unit, reading.names(into), reading.names(out_of)
    )


def _answer_for_one(reading: Reading, effect: ChannelEffect) -> tuple[Markup, HowSure]:
    name, unit, interval = reading.name(effect), reading.unit, effect.marginal_roi_interval
    if effect.how_sure is HowSure.CANNOT_TELL:
        text = Markup("The data <em>cannot tell</em> what the next {} in {} brings").format(
            unit, name
        )
    elif not reading.is_money:
        text = Markup("The next {} in {} brings <em>{}</em> {}").format(
            unit, name, theme.span(interval, theme.ratio), reading.noun
        )
    elif interval.lower > 1:
        text = Markup("The next {0} in {1} brings <em>more than a {0}</em> of revenue").format(
            unit, name
        )
    elif interval.upper < 1:
        text = Markup("The next {0} in {1} brings <em>less than a {0}</em> of revenue").format(
            unit, name
        )
    else:
        text = Markup(
            "It is <em>not sure</em> whether the next {0} in {1} brings back a {0} of revenue"
        ).format(unit, name)
    return text, effect.how_sure


def _answer_for_one_among_many(reading: Reading, effect: ChannelEffect) -> tuple[Markup, HowSure]:
    interval = effect.marginal_roi_interval
    if not reading.is_money or interval.lower <= 1 <= interval.upper:
        text = Markup("Only <em>{}</em> can be judged: test another channel before moving money")
        return text.format(reading.name(effect)), HowSure.CANNOT_TELL
    text = Markup(
        "The next {0} in <em>{1}</em> brings back {2} than a {0}; the other channels cannot be told"
    ).format(reading.unit, reading.name(effect), "more" if interval.lower > 1 else "less")
    return text, effect.how_sure


def _weakest(effects: list[ChannelEffect]) -> HowSure:
    return min((effect.how_sure for effect in effects), key=_ORDER.index)


def _are(effects: list[ChannelEffect]) -> str:
    return "is" if len(effects) == 1 else "are"


def _have(effects: list[ChannelEffect]) -> str:
    return "has" if len(effects) == 1 else "have"
