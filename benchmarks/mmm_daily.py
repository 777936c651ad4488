"""Media mix by day: coverage, bias and width, beside those of a weekly model of the same data.

Run ``python benchmarks/mmm_daily.py --companies 16``; each simulated company is fitted twice, to
its days and to their sums. One that is in the file (``--out``) already is not fitted again;
``--seconds`` ends the study early, ``--summary`` fits nothing. ``--time`` trains one company of two
years and one of four as the product does, hold-out and all, and prints what that takes. ``--lead``
prints how often the lead test fires by week and by day, without fitting anything; ``--demo`` fits
two years of two companies of the demo world, whose truth is not the model's, in both grains.

The companies (104 weeks, 5 channels) are simulated by day: media parameters from the model's prior,
retention being that from week to week; spend that varies from day to day, in one channel only on
working days; an outcome whose days of the week differ by factors, which the model takes for sums;
noise that goes on from day to day (autoregression 0.7) beside noise that does not. In "chasing 4 %"
the budgets of channels 0 and 1 rise by half with each standard deviation of unseen demand, which
lasts for weeks and moves 4 % of the outcome.
"""

import argparse
import datetime as dt
import json
import resource
import time
from collections import defaultdict
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
from mmm_companies import CHASING, Simulated, labelled
from mmm_recovery import SETTINGS, SHARES

from apportion.demo import DEMO_TENANTS
from apportion.demo import simulate as demo_world
from apportion.mmm import priors, response
from apportion.mmm.adstock import adstock
from apportion.mmm.data import MediaMixData, prepare
from apportion.mmm.days import Rows
from apportion.mmm.demand import FIRES_ABOVE, daily_lead_test, lead_test
from apportion.mmm.noise import drawn
from apportion.mmm.saturation import hill
from apportion.mmm.settings import SamplerSettings
from apportion.results.mmm_settings import Grain, MMMSettings

FIRST_SEED = 17_000
"""No company of these seeds had a part in any choice of the model."""
SCENARIOS = ("truth from the prior", "chasing 4 %")
DAY_LATE = "a day's demand of 6 %, followed a day late"
GRAINS = ("day", "week")
WEEKS, CHANNELS = 104, 5
_AUTOREGRESSION = np.array([0.7])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=16)
    parser.add_argument("--first", type=int, default=FIRST_SEED)
    parser.add_argument("--scenario", action="append", choices=SCENARIOS)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--out", type=Path, default=Path("var/mmm_daily.jsonl"))
    parser.add_argument("--summary", action="store_true")
    parser.add_argument("--time", action="store_true")
    parser.add_argument("--lead", action="store_true")
    parser.add_argument("--demo", action="store_true")
    asked = parser.parse_args()
    if asked.time:
        _time()
        return
    if asked.lead:
        _lead(asked.companies)
        return
    if asked.demo:
        _demo()
        return
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    rows = [json.loads(line) for line in asked.out.open()] if asked.out.exists() else []
    if not asked.summary:
        _study(asked, {(row["scenario"], row["grain"], row["seed"]) for row in rows})
        rows = [json.loads(line) for line in asked.out.open()]
    _print(rows)


def simulate(
    seed: int, scenario: str, *, weeks: int = WEEKS, channels: int = CHANNELS
) -> Simulated:
    """Give the company of a seed by day; contributions are by week."""
    rng, unseen = np.random.default_rng(seed), np.random.default_rng(90_000 + seed)
    days = 7 * weeks
    demand = _slow(unseen, days)
    spend = _spend(rng, days, channels)
    follows, moves = 0.5 * demand, 0.04 if scenario.startswith("chasing") else 0.0
    if scenario == DAY_LATE:
        demand, moves = unseen.normal(size=days), 0.06
        follows = 0.3 * np.roll(demand, 1)
    if moves:
        chased = spend[:, CHASING] * np.exp(follows)[:, None]
        spend[:, CHASING] = chased * spend[:, CHASING].mean(0) / chased.mean(0)
    alpha = rng.beta(*priors.ALPHA_BETA, (1, channels))
    half = rng.lognormal(priors.HALF_SATURATION_LOG_MEAN, priors.HALF_SATURATION_LOG_SD, channels)
    slope = 1 + np.abs(rng.normal(0, priors.SLOPE_EXCESS_SD, channels))
    roi = np.exp(rng.normal(priors.ROI_LOG_MEAN, priors.ROI_LOG_SD, channels))
    carried = adstock(spend / spend.mean(0), alpha, per_week=7)[0]
    effect = hill(carried, half[:, None], slope[:, None])
    contribution = effect * (roi * spend.sum(0) / effect.sum(1))[:, None]
    price = np.repeat(rng.normal(size=weeks), 7)
    promotion = np.repeat(rng.random(weeks) < 0.06, 7).astype(float)
    year = 2 * np.pi * (np.arange(days) / 7 - 8) / 52
    base = 1 + 0.2 * np.arange(days) / days + 0.08 * np.sin(year) + 0.03 * np.cos(2 * year)
    base += 0.06 * np.sin(2 * np.pi * np.arange(days) / 770 + rng.uniform(0, 6))
    base += 0.03 * price + 0.12 * promotion
    base *= np.tile(np.exp(0.2 * rng.normal(size=7)), weeks)
    base *= contribution.sum() * (1 / 0.3 - 1) / base.sum()
    expected = base + contribution.sum(0)
    lasting = drawn(rng.normal(size=(1, days + 91)), _AUTOREGRESSION)[0]
    lasting *= np.sqrt(1 - _AUTOREGRESSION[0] ** 2)
    noise = 0.05 * lasting + 0.08 * rng.normal(size=days)
    outcome = expected + (noise + moves * demand) * expected.mean()
    data = MediaMixData(
        weeks=np.datetime64("2023-01-02") + 7 * np.arange(weeks).astype("timedelta64[D]"),
        channels=tuple(f"channel {row}" for row in range(channels)),
        control_names=("price", "promotion"),
        spend=np.zeros((weeks, channels)),
        outcome=np.ones(weeks),
        controls=np.zeros((weeks, 2)),
    ).with_days(Rows(spend, outcome, np.column_stack([price, promotion]), np.zeros((days, 0))))
    return Simulated(data, contribution.reshape(channels, weeks, 7).sum(-1).T)


def _slow(rng, days):
    """Give what moves over some four weeks, standard deviation 1."""
    return np.convolve(rng.normal(size=days + 27), np.ones(28) / np.sqrt(28), "valid")


def _spend(rng, days, channels):
    shared, spend = _slow(rng, days), np.zeros((days, channels))
    for row in range(channels):
        moves = np.sqrt(0.3) * shared + np.sqrt(0.7) * _slow(rng, days)
        weekday = np.tile(np.exp(0.2 * rng.normal(size=7)), days // 7)
        spend[:, row] = np.exp(0.45 * moves + 0.3 * rng.normal(size=days)) * weekday
        if row % 3 == 2:
            spend[:, row] *= moves > rng.uniform(-0.3, 0.5)
    spend[np.arange(days) % 7 >= 5, channels - 1] = 0.0
    return spend / spend.mean(0) * rng.lognormal(np.log(1500), 0.7, channels)


def _study(asked: argparse.Namespace, done: set[tuple[str, str, int]]) -> None:
    begun = time.perf_counter()
    with asked.out.open("a") as out:
        for seed in range(asked.first, asked.first + asked.companies):
            for scenario in asked.scenario or SCENARIOS:
                for grain in GRAINS:
                    if time.perf_counter() - begun > asked.seconds:
                        return
                    if (scenario, grain, seed) not in done:
                        print(json.dumps(company(scenario, grain, seed)), file=out, flush=True)


def company(scenario: str, grain: str, seed: int) -> dict[str, object]:
    """Fit one company, all budgets "not sure", and hold it to its truth."""
    from apportion.mmm import fit

    known = simulate(seed, scenario)
    data = labelled(known.data, "unsure")
    data = data if grain == "day" else replace(data, daily=None)
    sampled = fit.fit(data, settings=SETTINGS, seed=seed)
    caused = response.contribution(sampled.fitted).sum(-1)
    roi = caused / known.data.spend.sum(0)
    found = sampled.diagnostics
    lead = daily_lead_test(data) if grain == "day" else lead_test(data)
    return {
        "scenario": scenario,
        "grain": grain,
        "seed": seed,
        "truth": known.roi.tolist(),
        "quantiles": np.quantile(roi, SHARES, axis=0).T.tolist(),
        "total_truth": float(known.contribution.sum()),
        "total_quantiles": np.quantile(caused.sum(1), SHARES).tolist(),
        "contraction": (1 - sampled.fitted.draws.log_roi.std(0) / priors.ROI_LOG_SD).tolist(),
        "lead": (lead > FIRES_ABOVE).tolist(),
        "noise": data.rows.autoregression.tolist(),
        "r_hat": found.r_hat,
        "ess": min(found.ess_bulk, found.ess_tail),
        "divergences": found.divergences,
        "seconds": sampled.seconds,
    }


def _lead(companies: int) -> None:
    """Print the share of channels for which the lead test fires."""
    print("| scenario | by week: channels 0 and 1 | the others | by day | the others |")
    print("|---|---|---|---|---|")
    for scenario in (*SCENARIOS, DAY_LATE):
        seeds = range(FIRST_SEED + 1000, FIRST_SEED + 1000 + companies)
        known = [simulate(seed, scenario).data for seed in seeds]
        cells = []
        for test in (lead_test, daily_lead_test):
            fired = np.array([test(data) for data in known]) > FIRES_ABOVE
            cells += [f"{part.mean():.1%}" for part in np.split(fired, [len(CHASING)], axis=1)]
        print(f"| {scenario} | {' | '.join(cells)} |", flush=True)


def _demo() -> None:
    """Print how many true returns, and which share of all media, the demo world's fits hold."""
    from apportion.mmm import fit

    for seed, plan in product((2, 3, 4), DEMO_TENANTS[:2]):
        world = demo_world(plan, end=dt.date(2026, 6, 30), years=2, seed=seed)
        frames, share = world.frames, world.truth.incremental.sum() / world.truth.expected.sum()
        for grain in GRAINS:
            data = prepare(
                *(frames[name] for name in ("spend", "outcomes", "controls")),
                events=frames["events"],
                settings=MMMSettings(grain=Grain(grain)),
            )
            fitted = fit.fit(data, settings=SamplerSettings(tune=400, draws=300), seed=1).fitted
            caused = response.contribution(fitted).sum(-1)
            truth = np.array([world.truth.roi(name) for name in data.channels])
            low, high = np.quantile(caused / data.spend.sum(0), [0.05, 0.95], axis=0)
            media = np.quantile(caused.sum(1) / data.outcome.sum(), [0.05, 0.5, 0.95])
            print(
                f"{plan.slug}, seed {seed}, by {grain}: {((low <= truth) & (truth <= high)).sum()} "
                f"of {len(truth)} returns held; media {media[1]:.1%} ({media[0]:.1%} to "
                f"{media[2]:.1%}), truth {share:.1%}",
                flush=True,
            )


def _time() -> None:
    """Train by day and by week, with the usual settings, in this process."""
    from apportion.mmm.train import train

    for weeks, channels in ((104, 5), (208, 8)):
        known = simulate(FIRST_SEED - 1, SCENARIOS[0], weeks=weeks, channels=channels).data
        for data in (known, replace(known, daily=None)):
            begun = time.perf_counter()
            trained = train(labelled(data, "unsure"), seed=1)
            seconds, found = time.perf_counter() - begun, trained.results.diagnostics
            print(
                f"{weeks} weeks x {channels} by {data.grain}: {seconds:.0f} s, "
                f"{trained.results.provenance.sampling_seconds:.0f} s of it sampling; "
                f"R-hat {found.r_hat:.4f}, ESS {min(found.ess_bulk, found.ess_tail):.0f}, "
                f"{found.divergences} divergences, {found.chains} x {found.draws} draws; "
                f"stored {len(trained.posterior) / 1e6:.1f} MB, "
                f"at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB "
                "of memory so far",
                flush=True,
            )


def _print(rows: list[dict]) -> None:
    groups = defaultdict(list)
    for row in rows:
        groups[row["scenario"], row["grain"]].append(row)
    print(
        "| scenario | grain | companies | ROI 80 / 90, bias, rms, width | total 90, bias "
        "| contraction | lead test | R-hat > 1.01 | divergences | ESS | seconds |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for scenario in SCENARIOS:
        for grain in GRAINS:
            if (scenario, grain) in groups:
                print(_line(scenario, grain, groups[scenario, grain]))


def _line(scenario: str, grain: str, rows: list[dict]) -> str:
    truth = np.array([row["truth"] for row in rows]).ravel()
    low, low80, middle, high80, high = np.array([row["quantiles"] for row in rows]).reshape(-1, 5).T
    total = np.array([row["total_truth"] for row in rows])
    whole = np.array([row["total_quantiles"] for row in rows])
    error = np.log(middle / truth)
    cells = [
        scenario,
        grain,
        str(len(rows)),
        f"{np.mean((low80 <= truth) & (truth <= high80)):.0%} / "
        f"{np.mean((low <= truth) & (truth <= high)):.0%}, {np.median(error):+.2f}, "
        f"{np.sqrt(np.mean(error**2)):.2f}, {np.median(np.log(high / low)):.2f}",
        f"{np.mean((whole[:, 0] <= total) & (total <= whole[:, 4])):.0%}, "
        f"{np.median(np.log(whole[:, 2] / total)):+.2f}",
        f"{np.mean([row['contraction'] for row in rows]):.2f}",
        f"{np.mean([row['lead'] for row in rows]):.0%}",
        str(sum(row["r_hat"] > 1.01 for row in rows)),
        str(sum(row["divergences"] for row in rows)),
        f"{np.median([row['ess'] for row in rows]):.0f}",
        f"{np.median([row['seconds'] for row in rows]):.1f}",
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
