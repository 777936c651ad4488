r"""Daily metrics of a shop with labelled disturbances, for tests and benchmarks to hold claims to.

For day :math:`t` with weekday :math:`w(t)` the logarithm of a metric's expectation is

.. math:: m_t = (1 + a\,t/365)\,s_{w(t)} + y \sin(2\pi(d_t/365.25 - p)) + g\,t/365 + u_t,
          \qquad u_t = \phi u_{t-1} + \sigma e_t

with weekday effects of standard deviation U(.05, .25), a drift of their size U(-.3, .3), a yearly
season U(0, .25), growth N(0, .25), :math:`\phi \in \{0, .2, .4\}`, :math:`\sigma` U(.06, .15), and
e normal or, in half of the series, Student's t(4). Counts are Poisson, rates binomial. 0, 2 or 6 %
of days are missing. Disturbances, k in standard deviations of the metric's own noise:

==============  =========================================================================
spike, drop     k of U(5, 10) on one to three days
outage          the metric falls to 0, .1 or .3 of itself on one to three days
level_shift     k of U(2.5, 5) in either direction, for good
trend_break     k of U(3, 6) within 45 days in either direction, for good
==============  =========================================================================
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from apportion.insights.metrics import METRICS
from apportion.insights.series import Floats, MetricSeries, Scope

METRIC_NAMES = (
    "revenue",
    "orders",
    "spend",
    "roas",
    "cpa",
    "ctr",
    "conversion_rate",
    "clicks",
)
"""`clicks` stands for small counts here: six a day."""
DISTURBANCES = ("spike", "drop", "outage", "level_shift", "trend_break")
POINTS = ("spike", "drop", "outage")
_OWN_NOISE = {"ctr": 0.10, "conversion_rate": 0.16, "clicks": 0.40}
_FIRST_DAY = np.datetime64("2024-01-01", "D")


@dataclass(frozen=True)
class Planted:
    """A disturbance: its kind, its first and last day by position, its size."""

    kind: str
    start: int
    end: int
    size: float


@dataclass(frozen=True, eq=False)
class Labelled:
    """A series and what was planted in it."""

    series: MetricSeries
    planted: tuple[Planted, ...]


def simulate(
    rng: np.random.Generator,
    metric: str,
    n_days: int = 365,
    disturbances: Sequence[str] = (),
    *,
    within: int | None = None,
    at: int | None = None,
    size: float | None = None,
    name: str = "",
    first_day: np.datetime64 | None = None,
) -> Labelled:
    """Draw a series.

    Parameters
    ----------
    within : int, optional
        Disturbances begin within the last so many days.
    at : int, optional
        They begin on this day and last one day.
    size : float, optional
        Instead of the drawn k.
    name : str
        The element of the scope.
    first_day : datetime64[D], optional
        Drawn within 2024 if not given.
    """
    first_day = (
        _FIRST_DAY + np.timedelta64(int(rng.integers(0, 365)), "D")
        if first_day is None
        else first_day
    )
    days = first_day + np.arange(n_days).astype("timedelta64[D]")
    t = np.arange(n_days)
    shape, noise, own = _shape(rng, metric, days, t)
    effect, factor = np.zeros(n_days), np.ones(n_days)
    planted: list[Planted] = []
    for kind in disturbances:
        placed = _place(rng, kind, n_days, planted, within, at)
        if placed is None:
            continue
        start, end = placed
        k = _size(rng, kind) if size is None else size
        if kind in ("spike", "drop"):
            effect[start : end + 1] += (k if kind == "spike" else -k) * own
        elif kind == "outage":
            factor[start : end + 1] = rng.choice([0.0, 0.1, 0.3])
        elif kind == "level_shift":
            effect[start:] += k * own
        else:
            effect[start:] += k * own * np.minimum(1, np.arange(n_days - start) / 45)
        planted.append(Planted(kind, start, end, float(k)))
    numerator, denominator = _draw(rng, metric, shape, noise, effect, factor)
    missing = rng.random(n_days) < rng.choice([0, 0.02, 0.06])
    for found in planted:
        missing[found.start : found.end + 1] &= found.kind not in POINTS
    numerator[missing] = np.nan
    series = MetricSeries(
        METRICS[metric], Scope("channel", name) if name else Scope(), days, numerator, denominator
    )
    return Labelled(series, tuple(planted))


def _shape(
    rng: np.random.Generator,
    metric: str,
    days: np.ndarray[tuple[int], np.dtype[np.datetime64]],
    t: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> tuple[Floats, Floats, float]:
    """Give what repeats, the noise, and the standard deviation of the metric's own noise."""
    is_heavy = rng.random() < 0.5
    week = rng.normal(0, 1, 7)
    week -= week.mean()
    week *= rng.uniform(0.05, 0.25) / week.std()
    day_of_year = (days - days.astype("datetime64[Y]").astype("datetime64[D]")).astype(int) + 1
    shape = (1 + rng.uniform(-0.3, 0.3) * t / 365) * week[(days.astype(int) + 3) % 7]
    shape = shape + rng.uniform(0, 0.25) * np.sin(2 * np.pi * (day_of_year / 365.25 - rng.random()))
    shape = shape + rng.normal(0, 0.25) * t / 365
    phi, sd = rng.choice([0, 0.2, 0.4]), rng.uniform(0.06, 0.15)
    shocks = rng.standard_t(4, t.size) / np.sqrt(2) if is_heavy else rng.standard_normal(t.size)
    noise = np.zeros(t.size)
    for day in range(t.size):
        noise[day] = (phi * noise[day - 1] if day else 0) + sd * shocks[day]
    total = float(sd / np.sqrt(1 - phi**2))
    own = _OWN_NOISE.get(metric, total)
    if metric in ("cpa", "roas"):
        own = float(np.hypot(total, 0.12))
    return shape, noise, own


def _draw(
    rng: np.random.Generator,
    metric: str,
    shape: Floats,
    noise: Floats,
    effect: Floats,
    factor: Floats,
) -> tuple[Floats, Floats | None]:
    size = shape.size
    level = np.exp(shape + noise + effect) * factor
    if metric == "revenue":
        return 8000 * level, None
    if metric == "spend":
        return 1500 * np.exp(0.5 * shape + 0.6 * noise + 0.6 * effect) * factor, None
    if metric == "orders":
        return rng.poisson(120 * level).astype(float), None
    if metric == "clicks":
        return rng.poisson(6 * np.exp(shape + effect + 0.3 * noise) * factor).astype(float), None
    jitter = rng.gamma(70, 1 / 70, size)
    if metric == "roas":
        spend = 1000 * np.exp(rng.normal(0, 0.1, size))
        return 3 * level * jitter * spend, spend
    if metric == "cpa":
        orders = rng.poisson(100, size).astype(float)
        return 25 * np.exp(0.4 * shape + noise + effect) * factor * jitter * orders, orders
    trials = rng.poisson((6000 if metric == "ctr" else 1600) * np.exp(shape)).astype(float)
    chance = (0.02 if metric == "ctr" else 0.025) * np.exp(effect + 0.4 * noise) * factor
    return rng.binomial(trials.astype(int), np.clip(chance, 0, 1)).astype(float), trials


def _place(
    rng: np.random.Generator,
    kind: str,
    n_days: int,
    planted: Sequence[Planted],
    within: int | None,
    at: int | None,
) -> tuple[int, int] | None:
    if at is not None:
        return at, at
    is_point = kind in POINTS
    for _ in range(200):
        length = int(rng.integers(1, 4)) if is_point else n_days
        last = n_days - length if is_point else n_days - 8
        first = max(28, 0 if within is None else n_days - within)
        start = int(rng.integers(first, max(last, first) + 1))
        end = min(start + length, n_days) - 1
        if all(end + 14 < other.start or start - 14 > other.end for other in planted):
            return start, end
    return None


def _size(rng: np.random.Generator, kind: str) -> float:
    if kind in ("spike", "drop"):
        return float(rng.uniform(5, 10))
    if kind == "outage":
        return 9.0
    span = (2.5, 5) if kind == "level_shift" else (3, 6)
    return float(rng.uniform(*span) * rng.choice([-1, 1]))


def tenant(
    seed: int,
    n_metrics: int = 60,
    n_days: int = 365,
    *,
    points: float = 0.0,
    changes: float = 0.0,
    within: int = 30,
) -> list[Labelled]:
    """Draw the metrics of a tenant over the same days.

    Parameters
    ----------
    points, changes : float
        Share of metrics with a spike, drop or outage, and with a level shift or trend break.
    within : int
        They begin within the last so many days.
    """
    rng = np.random.default_rng(seed)
    first_day = _FIRST_DAY + np.timedelta64(int(rng.integers(0, 365)), "D")
    drawn = []
    for number in range(n_metrics):
        chance = rng.random()
        kinds: tuple[str, ...] = ()
        if chance < points:
            kinds = (str(rng.choice(POINTS)),)
        elif chance < points + changes:
            kinds = (str(rng.choice(DISTURBANCES[3:])),)
        metric = METRIC_NAMES[number % len(METRIC_NAMES)]
        drawn.append(
            simulate(
                rng, metric, n_days, kinds, within=within, name=str(number), first_day=first_day
            )
        )
    return drawn
