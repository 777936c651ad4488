"""How series, values and days are called in sentences."""

import datetime as dt
from collections.abc import Callable

import numpy as np

from apportion import words
from apportion.insights.series import MetricSeries, Scope, Unit

Form = Callable[[float], str]
_PER_ELEMENT = {"channel": "of", "campaign": "of the campaign", "region": "in", "device": "on"}


def scope_name(scope: Scope) -> str:
    """Give an element's name on screen; empty for the whole."""
    return words.channel_name(scope.element) if scope.dimension == "channel" else scope.element


def series_name(series: MetricSeries, name: str | None = None) -> str:
    """Give what a series is called: "Sessions in Berlin"; `name` instead of the element's own."""
    label = series.metric.label
    if not series.scope.element:
        return label
    link = _PER_ELEMENT[series.scope.dimension]
    return f"{label} {link} {scope_name(series.scope) if name is None else name}"


def form_of(unit: Unit | str, currency: str) -> Form:
    """Give how values of a unit are written."""
    match unit:
        case "money":
            return lambda value: words.money(value, currency)
        case "percent":
            return lambda value: words.share(value)
        case "ratio":
            return words.ratio
        case _:
            return words.number


def date_of(day: np.datetime64) -> dt.date:
    """Give a day as a date."""
    return dt.date.fromisoformat(str(day.astype("datetime64[D]")))


def when(start: dt.date, end: dt.date) -> str:
    """Give it as a sentence has it: "on 4 November", "from 10 to 13 November"."""
    return f"{'on' if start == end else 'from'} {words.days_name(start, end)}"
