"""What a model version forecast for the weeks after its data, held against what then happened."""

import datetime as dt

from apportion.results.base import Interval, Result
from apportion.results.mmm import DateRange


class BackTest(Result):
    """The error of one version over the weeks that have come since; fractions, so 0.06 is 6 %.

    The forecast is given the spend and the controls of those weeks as they really were.
    """

    model_id: str
    version: int
    period: DateRange
    """The weeks that were forecast."""
    weeks: int
    mape: float
    """Mean absolute error of the expected outcome."""
    promised_mape: float
    """What the model itself expected its error to be."""
    promised_mape_interval: Interval
    """Beyond it, the model is less exact than it says."""
    last_year_mape: float | None
    """The error of last year's same weeks as a forecast; None: there are no such weeks."""
    bias: float
    """Forecast over outcome, minus 1: above 0 it promised too much."""
    coverage90: float
    """Share of the weeks inside the 90 % band."""
    measured_at: dt.datetime
