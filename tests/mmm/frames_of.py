"""Source frames for tests: spend, outcomes and controls as the store gives them."""

import numpy as np
import pandas as pd

from apportion.frames import CONTROLS, OUTCOMES, SPEND, conform

MONDAY = "2023-01-02"


def dates(periods, *, every=7, start=MONDAY):
    return pd.date_range(start, periods=periods, freq=f"{every}D")


def spend_of(days, seed=0, **channels):
    """Give spend rows; a number is that amount with some variation, an array is taken as it is."""
    rng = np.random.default_rng(seed)
    return conform(
        pd.concat(
            pd.DataFrame(
                {
                    "date": days,
                    "channel": name,
                    "spend": np.asarray(amount, float)
                    * (rng.uniform(0.5, 1.5, len(days)) if np.isscalar(amount) else 1.0),
                }
            )
            for name, amount in channels.items()
        ),
        SPEND,
    )


def outcomes_of(days, values=None, *, region="", metric="revenue", seed=0):
    if values is None:
        values = np.random.default_rng(seed).uniform(900, 1100, len(days))
    rows = pd.DataFrame({"date": days, "region": region, "metric": metric, "value": values})
    return conform(rows, OUTCOMES)


def controls_of(days=(), **controls):
    rows = [
        pd.DataFrame({"date": days, "name": name, "value": np.asarray(values, float)})
        for name, values in controls.items()
    ]
    empty = pd.DataFrame({"date": [], "name": [], "value": []})
    return conform(pd.concat(rows) if rows else empty, CONTROLS)
