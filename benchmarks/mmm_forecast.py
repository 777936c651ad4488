"""Media mix: do forecasts of the next quarter hold the outcome? 13 weeks ahead, known truth.

Run ``python benchmarks/mmm_forecast.py --companies 40``. A company that is in the file (``--out``)
is not fitted again, so the study can be stopped and gone on with; ``--seconds`` ends it early,
``--summary`` prints what is in the file. The spend and the controls of the quarter are known, as in
a plan; the answer to "how is the budget set?" is the usual one, "not sure".
"""

import argparse
import json
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from mmm_companies import SCENARIOS, labelled, simulate

from apportion.mmm import no_media, response
from apportion.mmm.settings import SamplerSettings

WEEKS, AHEAD = 156, 13
FIRST_SEED = 13_000
SETTINGS = SamplerSettings(tune=400, draws=400)
NAMES = ("truth from the prior", "chasing 4 %", "break in the trend")
YEAR = 52
MEANS = (
    *("weeks80", "weeks90", "quarter80", "quarter90"),
    *("mape", "quarter_error", "last_year_mape", "no_media_mape", "width"),
)


def main() -> None:
    """Run the study, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=40)
    parser.add_argument("--scenario", action="append", choices=[*SCENARIOS])
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--out", type=Path, default=Path("var/mmm_forecast.jsonl"))
    parser.add_argument("--summary", action="store_true")
    asked = parser.parse_args()
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    rows = [json.loads(line) for line in asked.out.open()] if asked.out.exists() else []
    done, begun = {(row["scenario"], row["seed"]) for row in rows}, time.perf_counter()
    with asked.out.open("a") as out:
        for seed in range(FIRST_SEED, FIRST_SEED + asked.companies):
            for scenario in asked.scenario or NAMES:
                late = time.perf_counter() - begun > asked.seconds
                if not (asked.summary or late or (scenario, seed) in done):
                    print(json.dumps(company(scenario, seed)), file=out, flush=True)
    _print([json.loads(line) for line in asked.out.open()])


def company(scenario: str, seed: int) -> dict[str, object]:
    """Fit all but the last quarter, and hold its forecast to the outcome."""
    from apportion.mmm import fit

    whole = simulate(seed, SCENARIOS[scenario], weeks=WEEKS + AHEAD).data
    seen = labelled(whole, "unsure").first(WEEKS)
    sampled = fit.fit(seen, settings=SETTINGS, seed=seed)
    rng = np.random.default_rng(seed)
    forecast = response.predict(sampled.fitted, whole.spend, whole.controls, rng)
    weeks, outcome = forecast.replicated[:, WEEKS:], whole.outcome[WEEKS:]
    low, low80, middle, high80, high = np.quantile(weeks, [0.05, 0.1, 0.5, 0.9, 0.95], axis=0)
    total = np.quantile(weeks.sum(1), [0.05, 0.1, 0.5, 0.9, 0.95])
    bare = no_media.forecast(seen, whole.controls)[WEEKS:]
    last_year = whole.outcome[WEEKS - YEAR : WEEKS - YEAR + AHEAD]
    return {
        "scenario": scenario,
        "seed": seed,
        "weeks80": float(np.mean((low80 <= outcome) & (outcome <= high80))),
        "weeks90": float(np.mean((low <= outcome) & (outcome <= high))),
        "quarter80": bool(total[1] <= outcome.sum() <= total[3]),
        "quarter90": bool(total[0] <= outcome.sum() <= total[4]),
        "mape": float(np.mean(np.abs(middle / outcome - 1))),
        "quarter_error": float(abs(total[2] / outcome.sum() - 1)),
        "last_year_mape": float(np.mean(np.abs(last_year / outcome - 1))),
        "no_media_mape": float(np.mean(np.abs(bare / outcome - 1))),
        "width": float(np.mean((high - low) / middle)),
    }


def _print(rows: list[dict]) -> None:
    groups = defaultdict(list)
    for row in rows:
        groups[row["scenario"]].append(row)
    print(
        "| scenario | companies | weeks inside 80 / 90 | quarters inside 80 / 90 | "
        "miss of a week | of the quarter | of last year's weeks | without media | width of a week |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for scenario, found in groups.items():
        mean = {name: np.mean([row[name] for row in found]) for name in MEANS}
        print(
            f"| {scenario} | {len(found)} | {mean['weeks80']:.0%} / {mean['weeks90']:.0%} | "
            f"{mean['quarter80']:.0%} / {mean['quarter90']:.0%} | {mean['mape']:.1%} | "
            f"{mean['quarter_error']:.1%} | {mean['last_year_mape']:.1%} | "
            f"{mean['no_media_mape']:.1%} | {mean['width']:.1%} |"
        )


if __name__ == "__main__":
    main()
