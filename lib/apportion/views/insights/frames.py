"""The same findings as plain tables, for analysts and for a run's record."""

import pandas as pd

from apportion.results.insights import AIInsightsData


def anomalies_frame(insights: AIInsightsData) -> pd.DataFrame:
    """Give the anomalies as a table, the gravest first."""
    rows = [
        {
            "metric": one.metric_label,
            "type": one.type.value,
            "severity": one.severity.value,
            "confidence": one.confidence.value,
            "from": one.date_range.start,
            "to": one.date_range.end,
            "actual": one.actual,
            "expected": one.expected,
            "deviation %": one.deviation_percent,
            "money at stake": one.money_at_stake,
            "tracking": one.is_tracking_problem,
        }
        for one in insights.anomalies
    ]
    return pd.DataFrame(rows)


def facts_frame(insights: AIInsightsData) -> pd.DataFrame:
    """Give the facts that the summary could say, and whether it did."""
    said = set(insights.summary.facts)
    return pd.DataFrame(
        {
            "fact": [fact.clause for fact in insights.facts],
            "kind": [fact.kind for fact in insights.facts],
            "value": [fact.value for fact in insights.facts],
            "said": [fact.id in said for fact in insights.facts],
        },
        index=pd.Index([fact.id for fact in insights.facts], name="id"),
    )
