"""Experiments as a table, for analysts."""

from collections.abc import Iterable

import pandas as pd

from apportion.results.incrementality import IncrementalityExperiment


def experiments_frame(experiments: Iterable[IncrementalityExperiment]) -> pd.DataFrame:
    """Give a row per experiment; lift and interval in percent, empty before the read-out."""
    return pd.DataFrame([_row(each) for each in experiments])


def _row(each: IncrementalityExperiment) -> dict[str, object]:
    results = each.results
    interval = results.confidence_interval if results is not None else None
    return {
        "name": each.name,
        "platform": str(each.platform),
        "status": str(each.status),
        "start": each.start_date,
        "end": each.end_date,
        "lift %": results.incremental_lift_percent if results is not None else None,
        "lower %": interval.lower if interval is not None else None,
        "upper %": interval.upper if interval is not None else None,
        "p": results.p_value if results is not None else None,
        "iROAS": results.iroas if results is not None else None,
        "action": str(results.action) if results is not None else "",
    }
