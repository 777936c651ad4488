"""Insights of one tenant: the cache, what people said of anomalies, Claude's budget, questions."""

import datetime as dt
from collections.abc import Sequence
from uuid import uuid4

from sqlalchemy import func

from apportion.results.insights import AIInsightsData, Feedback, TokenUse, Verdict
from apportion.store.insights_schema import asked_questions, claude_tokens, insight_feedback
from apportion.store.schema import ai_insights_cache
from apportion.store.tenant_bound import TenantBound, not_found, now
from apportion.store.tenant_connection import TenantConnection


class Insights(TenantBound):
    """The tenant's insights. A range has one row, which the next one replaces."""

    def store_insights(self, insights: AIInsightsData) -> None:
        """Store the insights of a range in place of those that are there."""
        cache = ai_insights_cache.c
        start, end = insights.date_range.start, insights.date_range.end
        with self._writing() as connection:
            connection.lock("ai_insights_cache")
            is_range = (cache.date_range_start == start, cache.date_range_end == end)
            connection.delete(ai_insights_cache, *is_range)
            connection.insert(
                ai_insights_cache,
                id=uuid4(),
                date_range_start=start,
                date_range_end=end,
                insights=insights.model_dump(mode="json", by_alias=True),
                generated_at=insights.generated_at,
            )

    def insights(self, start: dt.date, end: dt.date) -> AIInsightsData:
        """Give the stored insights of a range.

        Raises
        ------
        NotFoundError
            If there are none.
        """
        cache = ai_insights_cache.c
        with self._reading() as connection:
            statement = connection.select(cache.insights, of=ai_insights_cache)
            is_range = (cache.date_range_start == start, cache.date_range_end == end)
            found = connection.execute(statement.where(*is_range)).scalar_one_or_none()
        if found is None:
            raise not_found("insight of", f"{start} to {end}")
        return AIInsightsData.model_validate(found)

    def give_feedback(self, feedback: Feedback) -> None:
        """Store what somebody said of an anomaly, in place of what was said before."""
        said = feedback.model_dump(by_alias=False)
        with self._writing() as connection:
            is_same = insight_feedback.c.anomaly == feedback.anomaly
            connection.delete(insight_feedback, is_same)
            connection.insert(insight_feedback, **said, given_at=now())

    def withdraw_feedback(self, anomaly: str) -> None:
        """Forget what was said of an anomaly.

        Raises
        ------
        NotFoundError
            If nothing was said of it.
        """
        with self._writing() as connection:
            if connection.delete(insight_feedback, insight_feedback.c.anomaly == anomaly) == 0:
                raise not_found("feedback on anomaly", anomaly)

    def feedback(self) -> list[Feedback]:
        """Give everything that was said, in order of time."""
        columns = [insight_feedback.c[name] for name in Feedback.model_fields]
        with self._reading() as connection:
            statement = connection.select(*columns, of=insight_feedback)
            rows = connection.execute(statement.order_by(insight_feedback.c.given_at)).all()
        return [Feedback(**{**row._mapping, "verdict": Verdict(row.verdict)}) for row in rows]

    def token_use(self, month: dt.date, limit: int) -> TokenUse:
        """Give what Claude has cost in a month."""
        with self._reading() as connection:
            used = _used(connection, month)
        return TokenUse(month=month, input_tokens=used[0], output_tokens=used[1], limit=limit)

    def reserve_tokens(self, month: dt.date, amount: int, limit: int) -> bool:
        """Set tokens aside for a call if the month's limit allows; tell whether it does."""
        with self._writing() as connection:
            connection.lock("claude_tokens")
            used = _used(connection, month)
            if sum(used) + amount > limit:
                return False
            _set(connection, month, (used[0], used[1], used[2] + amount))
            return True

    def settle_tokens(
        self, month: dt.date, reserved: int, input_tokens: int, output_tokens: int
    ) -> None:
        """Replace a reservation by what the call has cost."""
        with self._writing() as connection:
            connection.lock("claude_tokens")
            used = _used(connection, month)
            left = max(used[2] - reserved, 0)
            _set(connection, month, (used[0] + input_tokens, used[1] + output_tokens, left))

    def log_question(
        self,
        tools: Sequence[str],
        *,
        is_answered: bool,
        reason: str,
        input_tokens: int,
        output_tokens: int,
    ) -> None:
        """Record that something was asked: neither who nor what, but what it took."""
        with self._writing() as connection:
            connection.insert(
                asked_questions,
                id=uuid4(),
                asked_at=now(),
                tools=list(tools),
                is_answered=is_answered,
                reason=reason,
                input_tokens=input_tokens,
                output_tokens=output_tokens,
            )

    def questions_since(self, instant: dt.datetime) -> int:
        """Give how many questions were asked since."""
        with self._reading() as connection:
            statement = connection.select(func.count(), of=asked_questions)
            recent = statement.where(asked_questions.c.asked_at >= instant)
            return int(connection.execute(recent).scalar_one())


def _used(connection: TenantConnection, month: dt.date) -> tuple[int, int, int]:
    table = claude_tokens.c
    statement = connection.select(
        table.input_tokens, table.output_tokens, table.reserved, of=claude_tokens
    )
    row = connection.execute(statement.where(table.month == month)).one_or_none()
    return (0, 0, 0) if row is None else (row.input_tokens, row.output_tokens, row.reserved)


def _set(connection: TenantConnection, month: dt.date, used: tuple[int, int, int]) -> None:
    values = dict(zip(("input_tokens", "output_tokens", "reserved"), used, strict=True))
    is_month = claude_tokens.c.month == month
    if connection.update(claude_tokens, is_month, **values, changed_at=now()) == 0:
        connection.insert(claude_tokens, month=month, **values, changed_at=now())
