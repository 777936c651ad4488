"""Whether what Claude chose says only what is established."""

from collections.abc import Mapping, Sequence

from apportion.insights import sentences
from apportion.narration import allowlist
from apportion.narration.schema import Narrative
from apportion.results.insights import Fact


def problems(narrative: Narrative, facts: Mapping[str, Fact]) -> list[str]:
    """Give everything that is wrong with a narrative; nothing of it may be shown unless empty."""
    found = []
    cited: list[str] = []
    for number, sentence in enumerate(narrative.sentences, start=1):
        unknown = [each.fact for each in sentence.facts if each.fact not in facts]
        if unknown:
            found.append(f"sentence {number}: there is no fact {unknown[0]}")
            continue
        for each in sentence.facts:
            fact = facts[each.fact]
            if each.metric != fact.metric:
                found.append(f"sentence {number}: {each.fact} is not about {each.metric!r}")
            if each.direction is not fact.direction:
                found.append(f"sentence {number}: {each.fact} does not go {each.direction}")
        wrong = sentences.problem(sentence.frame, [facts[each.fact] for each in sentence.facts])
        if wrong is not None:
            found.append(f"sentence {number}: {wrong}")
        cited += [each.fact for each in sentence.facts]
    if len(set(cited)) < len(cited):
        found.append("a fact is said twice")
    said = allowlist.problem(narrative.remark)
    if said is not None:
        found.append(f"remark: {said}")
    return found


def rendered(narrative: Narrative, facts: Mapping[str, Fact]) -> tuple[list[str], Sequence[str]]:
    """Give the sentences of a narrative that passed, and the ids of the facts they say."""
    cited = [each.fact for sentence in narrative.sentences for each in sentence.facts]
    texts = [
        sentences.render(sentence.frame, [facts[each.fact] for each in sentence.facts])
        for sentence in narrative.sentences
    ]
    if narrative.remark.strip():
        texts.append(narrative.remark.strip())
    return texts, cited
