"""Media mix: seconds to compile and to sample, and effective draws a second.

Run ``python benchmarks/mmm.py [--weeks 156] [--channels 8] [--companies 3]``. The first company
pays for compilation, the others reuse it, as a worker's tenants do. Where pymc-marketing is
installed (it is no dependency), it is fitted to the first company by the same sampler. It is not
the same model: logistic saturation, its default priors, a straight trend.
"""

import argparse
import importlib.util
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

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
    if importlib.util.find_spec("pymc_marketing") is None:
        print("pymc-marketing is not installed: no comparison")
    else:
        compare(company(0, weeks=asked.weeks, channels=asked.channels).data)


def compare(data) -> None:
    import arviz
    from pymc_marketing.mmm import MMM, GeometricAdstock, LogisticSaturation

    controls = dict(zip(data.control_names, data.controls.T, strict=True))
    frame = pd.DataFrame(dict(zip(data.channels, data.spend.T, strict=True)) | controls)
    frame["trend"] = np.arange(data.n_weeks) / data.n_weeks
    frame["date"] = data.weeks.astype("datetime64[ns]")
    begun = time.perf_counter()
    peer = MMM(
        date_column="date",
        channel_columns=list(data.channels),
        control_columns=[*controls, "trend"],
        adstock=GeometricAdstock(l_max=13),
        saturation=LogisticSaturation(),
        yearly_seasonality=3,
    )
    peer.fit(
        frame,
        pd.Series(data.outcome, name="y"),
        draws=DEFAULT.draws,
        tune=DEFAULT.tune,
        chains=DEFAULT.chains,
        cores=DEFAULT.cores,
        target_accept=DEFAULT.target_accept,
        progressbar=False,
        random_seed=1,
        nuts_sampler="nutpie",
    )
    seconds = time.perf_counter() - begun
    trace = peer.idata
    found = trace.posterior.to_dataset()[[variable.name for variable in peer.model.free_RVs]]
    ess, r_hat = arviz.ess(found), arviz.rhat(found)
    print(
        f"pymc-marketing: compile and sample {seconds:.1f} s, "
        f"ESS {min(float(ess[name].min()) for name in ess.data_vars):.0f}, "
        f"R-hat {max(float(r_hat[name].max()) for name in r_hat.data_vars):.4f}, "
        f"{int(trace.sample_stats['diverging'].sum())} divergences"
    )


if __name__ == "__main__":
    main()
