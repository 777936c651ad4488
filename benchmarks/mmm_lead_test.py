"""Media mix: how often the lead test and the delay test fire, where they should and should not.

Run ``python benchmarks/mmm_lead_test.py [--companies 200]``; least squares only, no sampling. The
delay test's columns: companies of which it names a channel, channels that it names, and the share
of all that media bring which the named channels bring.
"""

import argparse

import numpy as np
from mmm_companies import CHASING, SCENARIOS, simulate

from apportion.mmm.delay import delay_test, fires
from apportion.mmm.demand import FIRES_ABOVE as LEAD_FIRES_ABOVE
from apportion.mmm.demand import lead_test

FIRST_SEED = 12_000
NAMES = (
    "truth from the prior",
    "S-shapes, longer carry-over",
    "spend moves together",
    "delayed effect",
    "break in the trend",
    "chasing 4 %",
    "chasing 8 %",
    "slow demand 6 %, a week late",
)


def main() -> None:
    """Print how often each test fires."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=200)
    companies = parser.parse_args().companies
    print(
        "| scenario | lead test: channels 0 and 1 | the others "
        "| delay test: companies | channels | of the contribution |"
    )
    print("|---|---|---|---|---|---|")
    for name in NAMES:
        seeds = range(FIRST_SEED, FIRST_SEED + companies)
        known = [simulate(seed, SCENARIOS[name]) for seed in seeds]
        leads = np.array([lead_test(each.data) for each in known]) > LEAD_FIRES_ABOVE
        late = np.array([fires(delay_test(each.data)) for each in known])
        brought = np.array([each.contribution.sum(0) for each in known])
        two = np.isin(np.arange(leads.shape[1]), CHASING)
        print(
            f"| {name} | {leads[:, two].mean():.1%} | {leads[:, ~two].mean():.1%} "
            f"| {late.any(1).mean():.1%} | {late.mean():.1%} "
            f"| {(late * brought).sum() / brought.sum():.0%} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
