"""What Claude is asked on behalf of one tenant: the summary of its insights, and its questions.

A tenant pays from its own budget, which its store keeps; who may not write may not spend. Without a
key nobody loads the client, which takes a second.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import anthropic

from apportion.config import Settings
from apportion.narration import summary
from apportion.narration.ask import Conversation, ask
from apportion.narration.budget import Budget
from apportion.narration.client import NoAnswerError, client_of
from apportion.results.insights import AIInsightsData, Answer, Summary
from apportion.store import TenantStore
from apportion.workspace.answers import Answers
from apportion.workspace.insights_data import sources_of

log = logging.getLogger("apportion.insights")


def written(
    store: TenantStore,
    settings: Settings,
    found: AIInsightsData,
    before: AIInsightsData | None,
    *,
    force: bool,
) -> Summary:
    """Have a summary written; by rules, with the reason, if nothing comes that can be shown.

    What Claude has written of the same facts before is not given up for that: it stays.

    Parameters
    ----------
    found : AIInsightsData
        With a summary by rules.
    before : AIInsightsData or None
        What is stored of the same range: its summary stays if nothing has changed.
    force : bool
        Write anew all the same.
    """
    days, facts, model = found.date_range, list(found.facts), settings.claude_model
    fingerprint = summary.fingerprint_of(facts, model, start=days.start, end=days.end)
    known = before.summary if before and before.summary.fingerprint == fingerprint else None
    if known is not None and not force:
        return known
    try:
        with _claude(store, settings, found.generated_at) as (client, budget):
            return summary.write(client, model, facts, budget, fingerprint=fingerprint)
    except NoAnswerError as error:
        log.warning("Claude wrote no summary: %s", error)
        return (known or found.summary).model_copy(update={"reason": error.reason})


def answered(
    store: TenantStore,
    settings: Settings,
    question: str,
    insights: Callable[[str, str], AIInsightsData],
    *,
    now: dt.datetime,
    today: dt.date,
) -> Answer:
    """Have a question answered; of it only is kept that it was asked and what it took.

    Parameters
    ----------
    insights : callable
        Gives the insights of a range.
    today : date
        The last day of data.
    """
    conversation = Conversation()
    library = Answers(store, lambda begin, last: sources_of(store, begin, last), insights)
    try:
        with _claude(store, settings, now) as (client, budget):
            answer = ask(
                client,
                settings.claude_model,
                question,
                library,
                budget,
                conversation,
                today=str(today),
            )
    except NoAnswerError as error:
        log.warning("A question was not answered: %s", error)
        answer = Answer(
            question=question, sentences=(), figures=(), is_answered=False, reason=error.reason
        )
    store.log_question(
        conversation.tools,
        is_answered=answer.is_answered,
        reason=answer.reason,
        input_tokens=conversation.tokens[0],
        output_tokens=conversation.tokens[1],
    )
    return answer


@contextmanager
def _claude(
    store: TenantStore, settings: Settings, now: dt.datetime
) -> Iterator[tuple[anthropic.Anthropic, Budget]]:
    """Give the client, and the tenant's budget of the month."""
    client = client_of(settings)
    if client is None:
        raise NoAnswerError("no_key")
    try:
        month = now.date().replace(day=1)
        yield client, Budget(store, month, settings.claude_tokens_a_month)
    finally:
        client.close()
