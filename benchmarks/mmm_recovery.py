"""Media mix: do the intervals hold the truth? Coverage, bias and width over simulated companies.

Run ``python benchmarks/mmm_recovery.py --companies 40`` for every scenario and answer, or name some
with ``--scenario`` and ``--answer``; a company that is in the file (``--out``) already is not
fitted again, so the study can be stopped and gone on with. ``--seconds`` ends it early;
``--summary`` prints the table of what is in the file and fits nothing.

Columns: share of true ROIs inside the 80 and 90 % intervals, median of log(estimate / truth), its
root mean square, median log width of the 90 % interval, for the channels 0 and 1 (those that chase
demand, where any do) and for the others; coverage and bias of all media together; how often the
lead test fires; sampler.
"""

import argparse
import json
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from mmm_companies import CHASING, SCENARIOS, labelled, simulate

from apportion.mmm import response
from apportion.mmm.settings import SamplerSettings

ANSWERS = ("none", "labelled", "unsure", "advised", "late")
FIRST_SEED = 15_000
"""No company of these seeds had a part in any choice of the model, nor had those from 14,000 on."""
SETTINGS = SamplerSettings(tune=500, draws=500)
SHARES = (0.05, 0.1, 0.5, 0.9, 0.95)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=40)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--scenario", action="append", choices=[*SCENARIOS])
    parser.add_argument("--answer", action="append", choices=ANSWERS)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--out", type=Path, default=Path("var/mmm_recovery.jsonl"))
    parser.add_argument("--summary", action="store_true")
    asked = parser.parse_args()
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    rows = [json.loads(line) for line in asked.out.open()] if asked.out.exists() else []
    if not asked.summary:
        _study(asked, {(row["scenario"], row["answer"], row["seed"]) for row in rows})
        rows = [json.loads(line) for line in asked.out.open()]
    _print(rows)


def _study(asked: argparse.Namespace, done: set[tuple[str, str, int]]) -> None:
    begun = time.perf_counter()
    with asked.out.open("a") as out:
        for seed in range(asked.first_seed, asked.first_seed + asked.companies):
            for scenario in asked.scenario or SCENARIOS:
                for answer in asked.answer or ANSWERS:
                    if time.perf_counter() - begun > asked.seconds:
                        return
                    if (scenario, answer, seed) not in done:
                        print(json.dumps(company(scenario, answer, seed)), file=out, flush=True)


def company(scenario: str, answer: str, seed: int) -> dict[str, object]:
    """Fit one company and hold it to its truth."""
    from apportion.mmm import fit

    known = simulate(seed, SCENARIOS[scenario])
    sampled = fit.fit(labelled(known.data, answer), settings=SETTINGS, seed=seed)
    caused = response.contribution(sampled.fitted).sum(-1)
    roi = caused / known.data.spend.sum(0)
    found = sampled.diagnostics
    return {
        "scenario": scenario,
        "answer": answer,
        "seed": seed,
        "truth": known.roi.tolist(),
        "quantiles": np.quantile(roi, SHARES, axis=0).T.tolist(),
        "total_truth": float(known.contribution.sum()),
        "total_quantiles": np.quantile(caused.sum(1), SHARES).tolist(),
        "r_hat": found.r_hat,
        "ess": min(found.ess_bulk, found.ess_tail),
        "divergences": found.divergences,
        "negative_share": sampled.negative_share,
        "seconds": sampled.seconds,
    }


def _print(rows: list[dict]) -> None:
    groups = defaultdict(list)
    for row in rows:
        groups[row["scenario"], row["answer"]].append(row)
    print(
        "| scenario | answer | companies | two channels: 80 / 90, bias, rms, width "
        "| others | total 90, bias | R-hat > 1.01 | divergences | ESS |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for scenario in SCENARIOS:
        for answer in ANSWERS:
            found = groups.get((scenario, answer))
            if found:
                print(_line(scenario, answer, found))


def _line(scenario: str, answer: str, rows: list[dict]) -> str:
    truth = np.array([row["truth"] for row in rows])
    quantiles = np.array([row["quantiles"] for row in rows])
    two = np.isin(np.arange(truth.shape[1]), CHASING)
    total = np.array([row["total_truth"] for row in rows])
    whole = np.array([row["total_quantiles"] for row in rows])
    cells = [
        scenario,
        answer,
        str(len(rows)),
        _cell(truth[:, two].ravel(), quantiles[:, two].reshape(-1, 5)),
        _cell(truth[:, ~two].ravel(), quantiles[:, ~two].reshape(-1, 5)),
        f"{np.mean((whole[:, 0] <= total) & (total <= whole[:, 4])):.0%}, "
        f"{np.median(np.log(whole[:, 2] / total)):+.2f}",
        str(sum(row["r_hat"] > 1.01 for row in rows)),
        str(sum(row["divergences"] for row in rows)),
        f"{np.median([row['ess'] for row in rows]):.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def _cell(truth: np.ndarray, quantiles: np.ndarray) -> str:
    low, low80, middle, high80, high = quantiles.T
    wide = np.mean((low <= truth) & (truth <= high))
    narrow = np.mean((low80 <= truth) & (truth <= high80))
    error = np.log(middle / truth)
    return (
        f"{narrow:.0%} / {wide:.0%}, {np.median(error):+.2f}, {np.sqrt(np.mean(error**2)):.2f}, "
        f"{np.median(np.log(high / low)):.2f}"
    )


if __name__ == "__main__":
    main()
