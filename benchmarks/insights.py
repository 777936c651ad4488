"""Insights: what is found, what is a false alarm, and how long it takes.

Run ``python benchmarks/insights.py [--tenants 40] [--peers 8]``. The metrics are drawn by
``tests/insights/simulated.py``, whose docstring has the equations. Thresholds were chosen on the
seeds 0 to 23 and 5000 to 5014; what is measured here begins at 2000. A tenant has 60 metrics of a
year.

- *events*: 15 % of the metrics get a spike, drop or outage within the last 30 days, and 5 % a
  change of level; every deviation that is told of those days counts. It is right if it lies within
  a day of what was planted (a change of level: within a week of its begin).
- *trend breaks* bend over 45 days; they are looked for over the last 90 days, and told apart.
- *planted*: one day moved by eight standard deviations of that metric's own residuals, on the last
  day, the day before, and earlier.
- *peers*: Prophet and statsmodels' UnobservedComponents, where installed (no dependencies of ours),
  judge the same series, with the same false-discovery control.
"""

import argparse
import importlib.util
import sys
import time
import warnings
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "insights"))

from simulated import POINTS, Labelled, tenant

from apportion.insights.decomposition import decompose, mad
from apportion.insights.detection import detect, weekdays_of
from apportion.insights.series import Floats, Kind, Scope
from apportion.insights.significance import discoveries, p_values, tail_degrees
from apportion.insights.transforms import scaled
from apportion.insights.trends import theil_sen

FIRST_SEED = 2000
EIGHT = 8.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=40)
    parser.add_argument("--peers", type=int, default=8, help="series that peers judge")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, comma-separated")
    asked = parser.parse_args()
    seeds = range(FIRST_SEED, FIRST_SEED + asked.tenants)
    for part in asked.only.split(","):
        if part == "peers":
            compare(asked.peers)
        else:
            PARTS[part](seeds)


def events(seeds: range) -> None:
    found, right, truths, hits = 0, 0, Counter(), Counter()
    for seed in seeds:
        drawn = tenant(seed, points=0.15, changes=0.0) if seed % 2 else shifted(seed)
        one = score(drawn, 30)
        found, right = found + one[0], right + one[1]
        truths += one[2]
        hits += one[3]
    share = {kind: f"{hits[kind]} of {truths[kind]}" for kind in truths}
    print(f"events: precision {right / found:.3f} ({right} of {found} told)")
    print(f"        recall {hits.total() / truths.total():.3f} {share}")


def shifted(seed: int) -> list[Labelled]:
    """Draw a tenant with changes of level beside the point events; trend breaks left out."""
    drawn = tenant(seed, points=0.15, changes=0.1)
    return [one for one in drawn if not any(p.kind == "trend_break" for p in one.planted)]


def trend_breaks(seeds: range) -> None:
    truths, hits = Counter(), Counter()
    told = right = 0
    for seed in seeds:
        drawn = [
            one
            for one in tenant(seed + 500, changes=0.2, within=90)
            if any(p.kind == "trend_break" and p.start < 365 - 30 for p in one.planted)
        ]
        quiet = tenant(seed + 700)[: 60 - len(drawn)]
        days = quiet[0].series.days
        # Names of their own: those of two tenants are the same.
        same = [
            replace(o, series=replace(o.series, days=days, scope=Scope("channel", f"bent {n}")))
            for n, o in enumerate(drawn)
        ]
        n_told, n_right, truth, hit = score([*same, *quiet], 90)
        told, right = told + n_told, right + n_right
        truths += truth
        hits += hit
    print(f"trend breaks begun 30 to 90 days ago: {hits.total()} of {truths.total()} told")
    print(f"             of all that was told of these 90 days {right} of {told} right")


def score(drawn: list[Labelled], n_days: int) -> tuple[int, int, Counter, Counter]:
    """Give how many events were told, how many of them right; truths and hits by kind."""
    days = drawn[0].series.days
    told = detect([one.series for one in drawn], days[-n_days], days[-1]).deviations
    labels = {one.series.key: one.planted for one in drawn}
    right, hit = 0, set()
    for event in told:
        for truth in labels[event.series.key]:
            near = 1 if truth.kind in POINTS else 7
            end = truth.end if truth.kind in POINTS else min(truth.end, truth.start + 45)
            if event.start <= end + 1 and event.end >= truth.start - near:
                right += 1
                hit.add((event.series.key, truth))
                break
    truths = Counter(truth.kind for planted_ in labels.values() for truth in planted_)
    return len(told), right, truths, Counter(truth.kind for _, truth in hit)


def clean(seeds: range) -> None:
    alarms = []
    for seed in seeds:
        drawn = tenant(seed + 10_000)
        days = drawn[0].series.days
        series = [one.series for one in drawn]
        alarms.append(len(detect(series, days[-30], days[-1]).deviations))
    print(f"clean: {np.mean(alarms):.2f} false alarms a tenant and month (worst {max(alarms)})")


def planted(seeds: range) -> None:
    for name, back in (("last day", 0), ("day before", 1), ("earlier", 12)):
        hits = total = 0
        for seed in seeds[: max(len(seeds) // 4, 1)]:
            drawn = tenant(seed + 20_000)
            days = drawn[0].series.days
            at = days.size - 1 - back
            rng = np.random.default_rng(seed)
            chosen = rng.choice(len(drawn), 9, replace=False).tolist()
            series = [one.series for one in drawn]
            for number in chosen:
                moved = move(series[number], at, EIGHT * rng.choice([-1, 1]))
                series[number] = series[number] if moved is None else moved
                total += moved is not None
            told = detect(series, days[-30], days[-1]).deviations
            keys = {one.series.key for one in told if one.start <= at <= one.end}
            hits += sum(series[n].key in keys and series[n] is not drawn[n].series for n in chosen)
        print(f"planted z of 8, {name}: {hits} of {total} found ({hits / total:.3f})")


def move(series, at: int, z: float):
    """Give the series with one day moved by z on its own scale; None: it cannot go that far."""
    scale = scaled(series)
    parts = decompose(scale.daily[None], weekdays_of(series.days), scale.noise[None])
    if not np.isfinite(scale.daily[at]):
        return None
    wanted = parts.expected[0, at] + z * parts.scale[0] * scale.noise[at]
    value = scale.back(np.array([wanted]))[0]
    reached = replace(series, numerator=_with(series, at, value))
    after = scaled(reached)
    achieved = (after.daily[at] - parts.expected[0, at]) / parts.scale[0] / after.noise[at]
    return reached if abs(achieved) >= EIGHT - 0.2 else None  # counts cannot fall below 0


def _with(series, at: int, value: float) -> Floats:
    numerator = series.numerator.copy()
    denominator = 1.0 if series.denominator is None else series.denominator[at]
    numerator[at] = value * denominator
    if series.metric.kind is not Kind.AMOUNT:
        numerator[at] = np.round(numerator[at])
    return numerator


def trends(_: range) -> None:
    rng = np.random.default_rng(FIRST_SEED)
    weekdays = np.arange(60) % 7
    for phi in (0.0, 0.3, 0.6):
        false = 0
        runs = 1500
        for _ in range(runs):
            shocks = rng.normal(0, 0.12 * np.sqrt(1 - phi**2), 110)
            values = np.zeros(110)
            for day in range(1, 110):
                values[day] = phi * values[day - 1] + shocks[day]
            week = rng.normal(0, 0.15, 7)[weekdays]
            false += theil_sen(values[50:] + week, weekdays).is_reliable
        print(f"trends: {false / runs:.3f} false at AR(1) {phi} (60 days, {runs} series)")


def speed(_: range) -> None:
    ours = time_ours()
    print(f"speed: 365 days x 200 metrics in {ours:.2f} s ({1000 * ours / 200:.2f} ms a metric)")


def time_ours() -> float:
    """Give the seconds of 200 metrics, after a first run that warms up."""
    series = [one.series for one in tenant(FIRST_SEED, n_metrics=200)]
    days = series[0].days
    detect(series[:5], days[-30], days[-1])
    begun = time.perf_counter()
    detect(series, days[-30], days[-1])
    return time.perf_counter() - begun


def compare(n_peers: int) -> None:
    for name, judge in (("prophet", prophet), ("statsmodels", components)):
        if importlib.util.find_spec(name) is None:
            print(f"{name} is not installed: no comparison")
        else:
            peer(name, judge, time_ours() / 200, n_peers)


def peer(name: str, judge, ours: float, n_peers: int) -> None:
    """Time a peer, and score it on tenants of `n_peers` metrics with our own control."""
    seconds, told, right, truths, hits = 0.0, 0, 0, 0, 0
    mine = [0, 0, 0]
    judge(tenant(1, n_metrics=1)[0])
    for seed in range(FIRST_SEED, FIRST_SEED + 3):
        drawn = tenant(seed, n_metrics=n_peers, points=0.4)
        begun = time.perf_counter()
        z = np.stack([judge(one) for one in drawn])
        seconds += time.perf_counter() - begun
        flags = discoveries(p_values(z[:, -30:], tail_degrees(z)), 0.1)
        for one, row in zip(drawn, flags, strict=True):
            events_ = runs(row)
            spans = [(p.start - 335, p.end - 335) for p in one.planted]
            told += len(events_)
            right += sum(any(a <= e + 1 and b >= s - 1 for s, e in spans) for a, b in events_)
            truths += len(spans)
            hits += sum(any(a <= e + 1 and b >= s - 1 for a, b in events_) for s, e in spans)
        n_told, n_right, n_truths, n_hits = score(drawn, 30)
        mine = [mine[0] + n_told, mine[1] + n_right, mine[2] + n_hits.total()]
        assert n_truths.total() == sum(len(one.planted) for one in drawn)
    each = seconds / (3 * n_peers)
    print(
        f"{name}: {1000 * each:.0f} ms a metric, {each / ours:.0f} times ours; precision "
        f"{right / max(told, 1):.2f}, recall {hits / truths:.2f} on {3 * n_peers} series "
        f"(ours {mine[1] / max(mine[0], 1):.2f}, {mine[2] / truths:.2f})"
    )


def runs(flags) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for day in np.flatnonzero(flags):
        if found and day - found[-1][1] <= 2:
            found[-1] = (found[-1][0], int(day))
        else:
            found.append((int(day), int(day)))
    return found


def prophet(one: Labelled) -> Floats:
    import logging

    from prophet import Prophet

    logging.getLogger("cmdstanpy").disabled = True
    scale = scaled(one.series)
    frame = pd.DataFrame({"ds": pd.DatetimeIndex(one.series.days), "y": scale.daily})
    model = Prophet(weekly_seasonality=True, yearly_seasonality=True, uncertainty_samples=0)
    model.fit(frame)
    left = (scale.daily - model.predict(frame[["ds"]])["yhat"].to_numpy()) / scale.noise
    return left / mad(left[None])[0]


def components(one: Labelled) -> Floats:
    from statsmodels.tsa.api import UnobservedComponents

    scale = scaled(one.series)
    values = (scale.daily - np.nanmean(scale.daily)) / np.nanstd(scale.daily)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = UnobservedComponents(values, level="llevel", seasonal=7, stochastic_seasonal=False)
        fitted = model.fit(disp=0, maxiter=60)
    left = fitted.filter_results.standardized_forecasts_error[0].copy()
    left[:14] = np.nan
    left[~np.isfinite(values)] = np.nan
    return left / mad(left[None])[0]


PARTS = {
    "events": events,
    "trend_breaks": trend_breaks,
    "clean": clean,
    "planted": planted,
    "trends": trends,
    "speed": speed,
    "peers": None,
}

if __name__ == "__main__":
    main()
