"""Media mix: seconds to compile and to sample, and effective draws a second.

Run ``python benchmarks/mmm.py [--weeks 156] [--channels 8] [--companies 3]``. The first company
pays for compilation, the others reuse it, as a worker's tenants do.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "mmm"))

from companies import company

from apportion.mmm import response
from apportion.mmm.settings import DEFAULT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weeks", type=int, default=156)
    parser.add_argument("--channels", type=int, default=8)
    parser.add_argument("--companies", type=int, default=3)
    asked = parser.parse_args()

    begun = time.perf_counter()
    from apportion.mmm import fit

    print(f"import {time.perf_counter() - begun:.1f} s")
    print(f"{asked.weeks} weeks, {asked.channels} channels, {DEFAULT}")
    for seed in range(asked.companies):
        known = company(seed, weeks=asked.weeks, channels=asked.channels)
        begun = time.perf_counter()
        fit.compile_for(known.data)
        compiled = time.perf_counter() - begun
        sampled = fit.fit(known.data, settings=DEFAULT, seed=seed)
        found = sampled.diagnostics
        roi = response.contribution(sampled.fitted).sum(-1) / known.data.spend.sum(0)
        low, high = np.quantile(roi, [0.05, 0.95], axis=0)
        inside = int(((low <= known.roi) & (known.roi <= high)).sum())
        print(
            f"company {seed}: compile {compiled:.1f} s, sample {sampled.seconds:.1f} s, "
            f"ESS {found.ess_bulk:.0f} (tail {found.ess_tail:.0f}), "
            f"{found.ess_bulk / sampled.seconds:.0f} ESS/s, R-hat {found.r_hat:.4f}, "
            f"{found.divergences} divergences, "
            f"{inside} of {asked.channels} true returns inside their 90% intervals"
        )


if __name__ == "__main__":
    main()
