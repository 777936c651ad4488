"""What to do after a test, in plain words: scale, hold, cut, or repeat.

Ads break even where the incremental revenue per unit of changed spend reaches 1 / margin. A test
that cannot tell says how it would have to be repeated.
"""

from dataclasses import dataclass

from apportion.results.base import Interval
from apportion.results.incrementality import Action


@dataclass(frozen=True)
class Findings:
    """What a recommendation is made from; lifts in percent."""

    channel: str
    lift: float
    lift_interval: Interval
    is_significant: bool
    iroas: float | None
    iroas_interval: Interval | None
    margin: float
    minimum_effect: float
    is_compliant: bool = True
    repeat_with: tuple[int, int] | None = None
    """Regions and days that would have enough power; None: not known."""


def recommend(found: Findings) -> tuple[Action, str]:
    """Give the action and the sentence that says why."""
    if not found.is_compliant:
        return Action.REPEAT, (
            f"Repeat the test: spend did not change as planned, so it says little of "
            f"{found.channel}. Make sure of the settings in the ad account first."
        )
    if found.is_significant and found.lift < 0:
        return Action.CUT, (
            f"Sales were lower with {found.channel} than without ({_lift(found)}). Look for "
            "something else that happened in these regions; if there is nothing, cut it."
        )
    if found.iroas is None or found.iroas_interval is None:
        return _without_spend(found)
    return _with_spend(found, found.iroas, found.iroas_interval)


def _with_spend(found: Findings, iroas: float, interval: Interval) -> tuple[Action, str]:
    pays = 1 / found.margin
    said = f"brought {iroas:.1f} ({interval.lower:.1f} to {interval.upper:.1f})"
    said = said.replace("-", "\N{MINUS SIGN}")
    earned = f"Each unit of changed spend {said}; it breaks even at {pays:.1f}."
    if interval.upper < pays:
        return Action.CUT, f"Cut {found.channel}: even the high end does not pay. {earned}"
    if found.is_significant and interval.lower >= pays:
        return Action.SCALE, f"Scale {found.channel}: even the low end pays. {earned}"
    if found.is_significant:
        chance = "probably" if iroas >= pays else "perhaps not"
        return Action.HOLD, (
            f"Hold {found.channel} where it is: it works, and {chance} pays. {earned}"
        )
    return Action.REPEAT, f"{_repeat(found)} {earned}"


def _without_spend(found: Findings) -> tuple[Action, str]:
    if found.is_significant:
        return Action.HOLD, (
            f"Hold {found.channel}: it works ({_lift(found)}). Whether it pays cannot be said "
            "without spend by region or a budget estimate."
        )
    if found.lift_interval.upper < found.minimum_effect:
        return Action.CUT, (
            f"Cut {found.channel}: the test rules out the lift of {found.minimum_effect:g}% that "
            f"would matter ({_lift(found)})."
        )
    return Action.REPEAT, _repeat(found)


def _repeat(found: Findings) -> str:
    said = f"Cannot tell: {_lift(found)} holds both no effect and one that matters."
    if found.repeat_with is None:
        return (
            f"{said} Repeat the test with more regions or days; no form that was tried has enough "
            f"power for {found.minimum_effect:g}%."
        )
    regions, days = found.repeat_with
    wanted = " and ".join(
        text
        for text in (
            f"{regions} more region{'' if regions == 1 else 's'}" if regions else "",
            f"{days} more days" if days else "",
        )
        if text
    )
    return f"{said} Repeat the test with {wanted or 'a set drawn at random'}."


def _lift(found: Findings) -> str:
    lower, upper = found.lift_interval.lower, found.lift_interval.upper
    said = f"a lift of {found.lift:+.1f}%, between {lower:+.1f}% and {upper:+.1f}%"
    return said.replace("-", "\N{MINUS SIGN}")
