"""Fit pymc-marketing to the data of a file and print what it took, as JSON.

Started by ``mmm.py`` with the Python of an environment of its own that has pymc-marketing and
nutpie; it knows nothing of Apportion. Run ``python mmm_peer.py FILE DRAWS TUNE``.
"""

import json
import sys
import time
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")


def main() -> None:
    """Fit the companies of the file one after the other."""
    with np.load(sys.argv[1]) as file:
        given = dict(file)
    draws, tune = int(sys.argv[2]), int(sys.argv[3])
    begun = time.perf_counter()
    import arviz
    from pymc_marketing.mmm import MMM, GeometricAdstock, LogisticSaturation

    imported = time.perf_counter() - begun
    spend, controls, outcome = given["spend"], given["controls"], given["outcome"]
    channels = [f"channel_{row}" for row in range(spend.shape[1])]
    named = [f"control_{row}" for row in range(controls.shape[1])]
    frame = pd.DataFrame(spend, columns=channels).assign(
        **dict(zip(named, controls.T, strict=True))
    )
    frame["trend"] = np.arange(len(frame)) / len(frame)
    frame["date"] = pd.date_range("2023-01-02", periods=len(frame), freq="7D")
    begun = time.perf_counter()
    peer = MMM(
        date_column="date",
        channel_columns=channels,
        control_columns=[*named, "trend"],
        adstock=GeometricAdstock(l_max=13),
        saturation=LogisticSaturation(),
        yearly_seasonality=3,
    )
    peer.fit(
        frame,
        pd.Series(outcome, name="y"),
        draws=draws,
        tune=tune,
        chains=4,
        cores=2,
        target_accept=0.9,
        progressbar=False,
        random_seed=1,
        nuts_sampler="nutpie",
    )
    seconds = time.perf_counter() - begun
    found = peer.idata.posterior
    found = found.to_dataset() if hasattr(found, "to_dataset") else found
    found = found[[variable.name for variable in peer.model.free_RVs]]
    ess, r_hat = arviz.ess(found), arviz.rhat(found)
    print(
        json.dumps(
            {
                "import": imported,
                "seconds": seconds,
                "ess": min(float(ess[name].min()) for name in ess.data_vars),
                "r_hat": max(float(r_hat[name].max()) for name in r_hat.data_vars),
                "divergences": int(peer.idata.sample_stats["diverging"].sum()),
            }
        )
    )


if __name__ == "__main__":
    main()
