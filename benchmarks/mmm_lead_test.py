"""Media mix: how often the lead test fires where a budget follows demand, and where none does.

Run ``python benchmarks/mmm_lead_test.py [--companies 200]``; least squares only, no sampling.
"""

import argparse

import numpy as np
from mmm_companies import CHASING, SCENARIOS, simulate

from apportion.mmm.demand import FIRES_ABOVE, lead_test

FIRST_SEED = 9000
NAMES = (
    "truth from the prior",
    "S-shapes, longer carry-over",
    "delayed effect",
    "break in the trend",
    "chasing 4 %",
    "chasing 8 %",
    "slow demand 6 %, a week late",
)


def main() -> None:
    """Print the share of channels for which the test fires."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=200)
    companies = parser.parse_args().companies
    print("| scenario | channels 0 and 1 | the others |")
    print("|---|---|---|")
    for name in NAMES:
        seeds = range(FIRST_SEED, FIRST_SEED + companies)
        found = np.array([lead_test(simulate(seed, SCENARIOS[name]).data) for seed in seeds])
        two = np.isin(np.arange(found.shape[1]), CHASING)
        fires = found > FIRES_ABOVE
        print(f"| {name} | {fires[:, two].mean():.1%} | {fires[:, ~two].mean():.1%} |", flush=True)


if __name__ == "__main__":
    main()
