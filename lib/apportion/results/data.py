"""What is loaded of a tenant's source data."""

import datetime as dt

from apportion.results.base import Result


class DatasetCoverage(Result):
    """How much of one dataset there is; no days without a row."""

    dataset: str
    rows: int
    first_day: dt.date | None
    last_day: dt.date | None


class DataCoverage(Result):
    """Every dataset of the specification, loaded or not."""

    datasets: tuple[DatasetCoverage, ...]
