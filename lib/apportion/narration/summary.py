"""The executive summary by Claude, or None with the reason why not."""

import datetime as dt
import logging
from typing import Any

import anthropic
from pydantic import ValidationError

from apportion.insights.analysis import fingerprint
from apportion.narration.budget import Budget
from apportion.narration.client import NoAnswerError, deadline, text_of
from apportion.narration.grounding import problems, rendered
from apportion.narration.payload import PROMPT_VERSION, SYSTEM, payload
from apportion.narration.schema import Narrative
from apportion.results.insights import Fact, Summary, SummarySource

log = logging.getLogger("apportion.narration")

TRIES = 2
"""A reply that does not fit its facts is sent back once."""
MOST_TOKENS = 1200
CHARACTERS_PER_TOKEN = 3
"""At least; a reservation must not be too small."""


def fingerprint_of(facts: list[Fact], model: str, *, start: dt.date, end: dt.date) -> str:
    """Give a hash of facts with names, range, model and prompt: all a summary depends on."""
    return fingerprint(facts, str(start), str(end), model, PROMPT_VERSION, SYSTEM)


def write(
    client: anthropic.Anthropic,
    model: str,
    facts: list[Fact],
    budget: Budget,
    *,
    fingerprint: str,
    seconds: float | None = None,
) -> Summary:
    """Have Claude choose sentences, check them, and put in what they say.

    Raises
    ------
    NoAnswerError
        With the reason, if nothing came that may be shown.
    """
    until = deadline() if seconds is None else deadline(seconds)
    known = {fact.id: fact for fact in facts}
    body = payload(facts)
    messages: list[dict[str, Any]] = [{"role": "user", "content": f"<facts>\n{body}\n</facts>"}]
    wrong: list[str] = []
    for _ in range(TRIES):
        sent = len(SYSTEM) + sum(len(str(message["content"])) for message in messages)
        most = sent // CHARACTERS_PER_TOKEN + MOST_TOKENS
        message = budget.send(client, until, _request(model, messages), most)
        try:
            text = text_of(message)
            narrative = Narrative.model_validate_json(text)
            wrong = problems(narrative, known)
        except ValidationError as error:
            text, wrong = text or "(nothing)", [f"schema: {error.error_count()} errors"]
        except NoAnswerError as error:
            if error.reason != "grounding":
                raise
            text, wrong = "(cut off)", [error.detail]
        if not wrong:
            return _summary(narrative, known, message.model, fingerprint)
        log.warning("A summary was sent back: %s", "; ".join(wrong[:5]))
        messages = [
            messages[0],
            {"role": "assistant", "content": text[:4000]},
            {"role": "user", "content": "Not accepted: " + "; ".join(wrong[:5]) + ". Try again."},
        ]
    raise NoAnswerError("grounding", "; ".join(wrong[:5]))


def _request(model: str, messages: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "model": model,
        "max_tokens": MOST_TOKENS,
        "system": [{"type": "text", "text": SYSTEM, "cache_control": {"type": "ephemeral"}}],
        "messages": messages,
        "output_config": {
            "format": {"type": "json_schema", "schema": anthropic.transform_schema(Narrative)}
        },
    }


def _summary(narrative: Narrative, known: dict[str, Fact], model: str, fingerprint: str) -> Summary:
    texts, cited = rendered(narrative, known)
    return Summary(
        sentences=tuple(texts),
        source=SummarySource.CLAUDE,
        reason="",
        model=str(model)[:80],
        prompt_version=PROMPT_VERSION,
        written_at=dt.datetime.now(dt.UTC),
        facts=tuple(cited),
        known_facts=len(known),
        fingerprint=fingerprint,
    )
