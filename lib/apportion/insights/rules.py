"""The summary that needs nobody: the facts that matter most, in fixed frames."""

import datetime as dt
from collections.abc import Sequence

from apportion.insights.sentences import render
from apportion.results.insights import Direction, Fact, Summary, SummarySource

NO_KEY = "no_key"


def summary_by_rules(
    facts: Sequence[Fact], *, reason: str, fingerprint: str, written_at: dt.datetime
) -> Summary:
    """Give two or three sentences about the range.

    Parameters
    ----------
    reason : str
        Why it is by rules.
    """
    chosen: list[tuple[str, list[Fact]]] = []
    changes = _of(facts, "change")
    if changes:
        years = (fact for fact in _of(facts, "last_year") if fact.metric == changes[0].metric)
        second = next(years, None)
        if second is None:
            chosen.append(("plain", [changes[0]]))
        else:
            opposite = {changes[0].direction, second.direction} == {Direction.UP, Direction.DOWN}
            chosen.append(("contrast" if opposite else "also", [changes[0], second]))
    troubles = sorted(
        (fact for fact in facts if fact.kind in ("anomaly", "tracking")),
        key=lambda fact: -fact.rank,
    )
    if troubles:
        cause = next(
            (
                fact
                for fact in _of(facts, "cause")
                if (fact.metric, fact.days) == (troubles[0].metric, troubles[0].days)
            ),
            None,
        )
        if cause is not None and troubles[0].kind == "anomaly":
            chosen.append(("explained", [troubles[0], cause]))
        elif len(troubles) > 1:
            chosen.append(("also", troubles[:2]))
        else:
            chosen.append(("plain", troubles[:1]))
    elif trends := _of(facts, "trend"):
        chosen.append(("plain", trends[:1]))
    actions = _of(facts, "action")
    if actions:
        chosen.append(("first_action", actions[:1]))
    if not chosen:
        chosen.append(("plain", _of(facts, "health")[:1]))
    return Summary(
        sentences=tuple(render(frame, cited) for frame, cited in chosen),
        source=SummarySource.RULES,
        reason=reason,
        model=None,
        prompt_version="",
        written_at=written_at,
        facts=tuple(fact.id for _, cited in chosen for fact in cited),
        known_facts=len(facts),
        fingerprint=fingerprint,
    )


def _of(facts: Sequence[Fact], kind: str) -> list[Fact]:
    return sorted((fact for fact in facts if fact.kind == kind), key=lambda fact: -fact.rank)
