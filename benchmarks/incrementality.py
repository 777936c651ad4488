"""Incrementality: error, coverage, bias, monitoring, power kept, and seconds.

Run ``python benchmarks/incrementality.py [--trials 150] [--only NAME ...]``. Placebo trials are
windows and sets of regions of GeoLift_PreTest (the first 90 days of ``tests/reference/
geolift_test.csv``: no campaign) and of simulated panels with AR(1) errors, trend breaks, outliers
and regions that hardly sell. Trials of the one real panel overlap, so its rates are less sure than
their number says. Where pysyncon or causalpy are installed (they are no dependencies), the same
demeaned synthetic controls are fitted by them in the same run.
"""

import argparse
import datetime as dt
import importlib.util
import logging
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "incrementality"))

from panels import KINDS, NOW, TREATED, experiment, geolift, simulated
from threadpoolctl import threadpool_limits

from apportion.incrementality import design, estimators
from apportion.incrementality.monitoring import first_crossing, look_days, totals_at
from apportion.incrementality.outages import fill_outages
from apportion.incrementality.power import ALPHA
from apportion.incrementality.randomisation import (
    REFERENCE_SETS,
    detections,
    estimate,
    p_values,
)
from apportion.incrementality.readout import read_out
from apportion.incrementality.synthetic_control import Fits, Floats, fit_sets

SIZES = (1, 2, 4, 8)
LIFTS = (0.0, 0.05, 0.10)
PRETEST_DAYS = 90
SEED = [0]
PANELS = ["geolift", *KINDS]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=150, help="per panel")
    parser.add_argument("--seed", type=int, default=0, help="another one gives other trials")
    parser.add_argument("--panels", nargs="*", default=["geolift", *KINDS], help="of trials")
    parser.add_argument("--only", nargs="*", default=list(PARTS), choices=list(PARTS))
    asked = parser.parse_args()
    SEED[0] = asked.seed
    PANELS[:] = asked.panels
    with threadpool_limits(1):
        for name in asked.only:
            begun = time.perf_counter()
            PARTS[name](asked.trials)
            print(f"  ({name}: {time.perf_counter() - begun:.0f} s)", flush=True)


def errors(trials: int) -> None:
    """Measure type I error, coverage, width and bias, for named sets and for drawn ones."""
    for panel in PANELS:
        for way in ("named", "drawn"):
            rows = list(_trials(panel, way, trials))
            p = np.array([row["p"] for row in rows])
            print(
                f"{panel:8s} {way:5s} n {len(rows):4d}: type I at .05 {np.mean(p <= 0.05):.3f}, "
                f"at .10 {np.mean(p <= 0.1 + 1e-9):.3f}; coverage of 90 % at "
                + ", ".join(
                    f"{100 * lift:+.0f} % {np.mean([row[f'covers {lift}'] for row in rows]):.3f}"
                    for lift in LIFTS
                )
                + f"; bias {np.mean([row['lift'] for row in rows]):+.2f} points, "
                f"width {np.mean([row['width'] for row in rows]):.1f} points",
                flush=True,
            )


def _trials(panel: str, way: str, count: int) -> Iterator[dict[str, float]]:
    rng = np.random.default_rng([7, SEED[0], *panel.encode(), *way.encode()])
    for trial in range(count):
        values = _panel(panel, trial)
        days = int(rng.choice([14, 28]))
        size = int(rng.choice(SIZES if way == "named" else SIZES[1:]))
        start = int(rng.integers(45, PRETEST_DAYS - days + 1))
        values = values[:, (values[:start] <= 0).mean(axis=0) <= 0.1]
        filled = fill_outages(values[:start], values[start : start + days])
        fits, chosen = _fits(filled.baseline, size, way, rng)
        outcome = filled.test.sum(axis=0)
        row = {}
        for lift in LIFTS:
            raised = np.where(fits.members[chosen], outcome * (1 + lift), outcome)
            found = estimate(fits, raised, chosen)
            row[f"covers {lift}"] = found.lower <= np.log1p(lift) <= found.upper
            if lift == 0:
                row["p"], row["lift"] = found.p_value, 100 * np.expm1(found.effect)
                row["width"] = 100 * (np.expm1(found.upper) - np.expm1(found.lower))
        yield row


def _panel(name: str, trial: int) -> Floats:
    if name == "geolift":
        return geolift().values[:PRETEST_DAYS]
    rho = (0.3, 0.7)[trial % 2]
    return simulated(1000 + 100_000 * SEED[0] + trial, days=PRETEST_DAYS, rho=rho, kind=name).values


def _fits(baseline: Floats, size: int, way: str, rng: np.random.Generator) -> tuple[Fits, int]:
    regions = baseline.shape[1]
    if way == "named":
        own = rng.choice(regions, size, replace=False)
        seed = int(rng.integers(2**31))
        members = design.reference_of_named(regions, own, REFERENCE_SETS, seed)
        return fit_sets(baseline, members), 0
    pool = design.make_pool(baseline, size, len(baseline), int(rng.integers(2**31)))
    return pool.fits, pool.draw(int(rng.integers(2**31)))


def monitoring(trials: int) -> None:
    """Measure false verdicts of looking every day or week, with the bound and without."""
    rng = np.random.default_rng([5, SEED[0]])
    values = geolift().values[:PRETEST_DAYS]
    hits: dict[str, list[bool]] = {}
    for _ in range(trials):
        for size in (2, 4):
            for days in (14, 28):
                start = int(rng.integers(45, PRETEST_DAYS - days + 1))
                own = rng.choice(40, size, replace=False)
                members = design.reference_of_named(40, own, 400, int(rng.integers(2**31)))
                before, daily = values[:start], values[start : start + days]
                fits = fit_sets(fill_outages(before, daily).baseline, members)
                totals = totals_at(before, daily, range(1, days + 1))
                every = {day: totals[day] for day in range(3, days + 1)}
                weekly = {day: totals[day] for day in look_days(days)}
                p = np.array(
                    [p_values(fits, total, 0, np.zeros(1))[0] for total in totals.values()]
                )
                for name, hit in (
                    ("naive, every day", bool((p[2:] <= ALPHA).any())),
                    ("naive, every week", bool((p[6::7] <= ALPHA).any())),
                    ("once, at the end", bool(p[-1] <= ALPHA)),
                    ("bound, every day", first_crossing(fits, every, 0, days) is not None),
                    ("bound, every week", first_crossing(fits, weekly, 0, days) is not None),
                ):
                    hits.setdefault(name, []).append(hit)
    for name, found in hits.items():
        print(f"{name:18s} false verdicts {np.mean(found):.3f} of {len(found)}")


def promises(trials: int) -> None:
    """Measure detection at the claimed MDE in windows that the claim has not seen.

    A design is made on the days before; the claimed MDE is injected into up to 40 sets of its pool
    in the window after, one at a time.
    """
    rng = np.random.default_rng([11, SEED[0]])
    for days in (14, 21):
        for size in (2, 4, 6):
            for panel in PANELS:
                rates, claims, unclaimed = [], [], 0
                for trial in range(max(trials // 10, 4)):
                    found = _promise(panel, trial, size, days, rng)
                    if found is None:
                        unclaimed += 1
                        continue
                    rates.append(found[0])
                    claims.append(found[1])
                error = np.std(rates) / np.sqrt(len(rates))
                print(
                    f"{panel:8s} {size} regions {days} days: detected at the claimed MDE "
                    f"{np.mean(rates):.3f} (se {error:.3f}; {len(rates)} designs, {unclaimed} "
                    f"without a claim; claim {100 * np.mean(claims):.1f} %)",
                    flush=True,
                )


def _promise(
    panel: str, trial: int, size: int, days: int, rng: np.random.Generator
) -> tuple[float, float] | None:
    values = _panel(panel, trial)
    if panel == "geolift":
        values = values[:, np.sort(rng.choice(40, 36, replace=False))]
    start = int(rng.integers(60, PRETEST_DAYS - days + 1))
    values = values[:, (values[:start] <= 0).mean(axis=0) <= 0.1]
    before = values[:start]
    after = fill_outages(before, values[start : start + days]).test.sum(axis=0)
    pool = design.make_pool(before, size, PRETEST_DAYS, trial)
    curve = design.pool_power(before, pool.members, days, rng, baseline_days=PRETEST_DAYS)
    if np.isnan(curve.mde):
        return None
    scale = pool.fits.scale / np.median(pool.fits.scale)
    rows = rng.choice(len(pool.members), min(40, len(pool.members)), replace=False)
    hits = [
        detections(
            pool.fits,
            after,
            np.array([np.log1p(curve.mde) * scale[row]]),
            alpha=ALPHA,
            rows=np.array([row]),
        )[0, 0]
        for row in rows
    ]
    return float(np.mean(hits)), curve.mde


def seconds(trials: int) -> None:
    """Time read-out and design search, the best of five."""
    data = geolift()
    firm = experiment(data, TREATED, days=15, start=dt.date(2021, 4, 1))
    raised = data.values.copy()
    raised[PRETEST_DAYS:, data.places(TREATED)] *= 1.3
    loud = type(data)(data.first_day, data.regions, raised, data.is_recorded)
    history = data.values[:PRETEST_DAYS]
    for name, run in (
        ("read-out, firm", lambda: read_out(firm, loud, at=NOW)),
        ("read-out, with advice to repeat", lambda: read_out(firm, data, at=NOW)),
        (
            "design search, 40 regions, 90 days, 6 sizes x 3 lengths",
            lambda: design.search(history, baseline_days=PRETEST_DAYS, seed=1),
        ),
        (
            "design search, 7 sizes x 5 lengths",
            lambda: design.search(
                history,
                baseline_days=PRETEST_DAYS,
                seed=1,
                of_sizes=(2, 3, 4, 5, 6, 8, 10),
                lengths=(7, 14, 21, 28, 35),
            ),
        ),
    ):
        wall, processor = _best(run, 5)
        print(f"{name}: {wall:.3f} s, of a processor {processor:.3f} s")


def _best(run: Callable[[], object], times: int) -> tuple[float, float]:
    """Give the shortest time that passed, and the least that a processor was busy with it."""
    walls, processors = [], []
    for _ in range(times):
        begun, busy = time.perf_counter(), time.process_time()
        run()
        walls.append(time.perf_counter() - begun)
        processors.append(time.process_time() - busy)
    return min(walls), min(processors)


def peers(trials: int) -> None:
    """Fit the same demeaned synthetic controls by other packages: seconds, and the difference."""
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    rng = np.random.default_rng(3)
    values = geolift().values[:PRETEST_DAYS]
    jobs = [
        (np.isin(np.arange(40), rng.choice(40, 2, replace=False)), start)
        for _ in range(40)
        for start in (48, 62, 76)
    ]
    known = {"ours": _ours, "pysyncon": _pysyncon, "causalpy": _causalpy}
    first = None
    for name, fit in known.items():
        if name != "ours" and importlib.util.find_spec(name) is None:
            print(f"{name} is not installed: no comparison")
            continue
        fit(values[:, jobs[0][0]].mean(axis=1), values[:, ~jobs[0][0]], 48, 62)
        begun = time.perf_counter()
        lifts = np.array(
            [
                fit(values[:, inside].mean(axis=1), values[:, ~inside], start, start + 14)
                for inside, start in jobs
            ]
        )
        each = (time.perf_counter() - begun) / len(jobs)
        if first is None:
            first = (each, lifts)
        print(
            f"{name:8s} {1e3 * each:8.2f} ms a fit, {each / first[0]:5.0f} times ours, largest "
            f"difference of lift {100 * np.abs(lifts - first[1]).max():.4f} points"
        )


def _ours(outcome: Floats, donors: Floats, start: int, end: int) -> float:
    expected = estimators.demeaned(outcome[:end], donors[:end], start)
    return float(outcome[start:end].sum() / expected[start:].sum() - 1)


def _frame(outcome: Floats, donors: Floats, start: int, end: int):
    import pandas as pd

    days = pd.date_range("2021-01-01", periods=end)
    names = [f"d{number}" for number in range(donors.shape[1])]
    centred = pd.DataFrame(donors[:end] - donors[:start].mean(axis=0), index=days, columns=names)
    level = float(outcome[:start].mean())
    return centred, pd.Series(outcome[:end] - level, index=days, name="treated"), level


def _pysyncon(outcome: Floats, donors: Floats, start: int, end: int) -> float:
    import pandas as pd
    from pysyncon import Synth

    x, y, level = _frame(outcome, donors, start, end)
    # It scales its rows by their spread; the weights undo that.
    v = pd.concat([x, y], axis=1).iloc[:start].std(axis=1).to_numpy() ** 2
    found = Synth()
    before = {"X0": x.iloc[:start], "X1": y.iloc[:start]}
    found.fit(**before, Z0=x.iloc[:start], Z1=y.iloc[:start], custom_V=v / v.mean())
    expected = np.asarray(found._synthetic(x)) + level
    return float(outcome[start:end].sum() / expected[start:].sum() - 1)


def _causalpy(outcome: Floats, donors: Floats, start: int, end: int) -> float:
    import causalpy as cp
    import pandas as pd

    x, y, level = _frame(outcome, donors, start, end)
    found = cp.SyntheticControl(
        pd.concat([x, y], axis=1),
        x.index[start],
        control_units=list(x.columns),
        treated_units=["treated"],
        model=cp.skl_models.WeightedProportion(),
    )
    expected = np.asarray(found.post_pred).ravel() + level
    return float(outcome[start:end].sum() / expected.sum() - 1)


PARTS: dict[str, Callable[[int], None]] = {
    "seconds": seconds,
    "errors": errors,
    "monitoring": monitoring,
    "promises": promises,
    "peers": peers,
}

if __name__ == "__main__":
    main()
