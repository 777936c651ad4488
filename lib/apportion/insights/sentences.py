"""The frames that sentences are made of, and what they turn facts into.

A sentence is a frame and the facts in it. Every figure, name, day and direction is rendered here,
from the facts; who chooses frame and facts (a rule, or Claude) writes none of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apportion.results.insights import Fact

_ANY = ("change", "last_year", "anomaly", "tracking", "trend", "health")


@dataclass(frozen=True)
class Frame:
    """A form of sentence.

    Parameters
    ----------
    template : str
        ``{0}``, ``{1}``: the clauses of its facts.
    kinds : tuple of tuple of str
        Which kinds of fact each place takes.
    meaning : str
        When it fits.
    """

    template: str
    kinds: tuple[tuple[str, ...], ...]
    meaning: str


FRAMES: Mapping[str, Frame] = {
    "plain": Frame("{0}.", (_ANY,), "one fact on its own"),
    "also": Frame("{0}, and {1}.", (_ANY, _ANY), "two facts that point the same way"),
    "contrast": Frame("{0}, but {1}.", (_ANY, _ANY), "two facts that point opposite ways"),
    "explained": Frame(
        "{0}; {1}.",
        (("anomaly",), ("cause",)),
        "an anomaly and what accounts for most of it, of the same metric and days",
    ),
    "first_action": Frame("First: {0}.", (("action",),), "what to do first"),
    "two_actions": Frame("First {0}; then {1}.", (("action",), ("action",)), "what to do"),
}


def problem(frame: str, facts: Sequence[Fact]) -> str | None:
    """Say why a frame does not take these facts; None: it does."""
    if frame not in FRAMES:
        return f"there is no frame {frame!r}"
    places = FRAMES[frame].kinds
    if len(facts) != len(places):
        return f"the frame {frame!r} takes {len(places)} facts, not {len(facts)}"
    for fact, kinds in zip(facts, places, strict=True):
        if fact.kind not in kinds:
            return f"the frame {frame!r} takes no {fact.kind} in this place ({fact.id})"
    if len({fact.id for fact in facts}) < len(facts):
        return f"the frame {frame!r} says {facts[0].id} twice"
    if frame == "explained" and (facts[0].metric, facts[0].days) != (
        facts[1].metric,
        facts[1].days,
    ):
        return f"{facts[1].id} does not explain {facts[0].id}: another metric or other days"
    if frame == "contrast" and facts[0].direction == facts[1].direction:
        return f"{facts[0].id} and {facts[1].id} do not point opposite ways"
    return None


def render(frame: str, facts: Sequence[Fact]) -> str:
    """Give the sentence.

    Raises
    ------
    ValueError
        If the frame does not take these facts.
    """
    wrong = problem(frame, facts)
    if wrong is not None:
        raise ValueError(wrong)
    text = FRAMES[frame].template.format(*(fact.clause for fact in facts))
    return text[:1].upper() + text[1:]
