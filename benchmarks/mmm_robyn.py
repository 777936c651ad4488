"""Media mix on Robyn's simulated weekly data: diagnostics, and what the data cannot tell.

Run ``python benchmarks/mmm_robyn.py FILE [--in-advance]`` with ``dt_simulated_weekly.csv`` of
Meta's Robyn (208 weeks, five channels; MIT licence). ``--in-advance``: as if all budgets were
planned ahead.
"""

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from apportion.frames import CONTROLS, OUTCOMES, SPEND, conform
from apportion.mmm.data import prepare
from apportion.mmm.train import train
from apportion.results.mmm_settings import BudgetSetting, ChannelSettings, MMMSettings

CHANNELS = {"tv_S": "tv", "ooh_S": "ooh", "print_S": "print", "facebook_S": "facebook"} | {
    "search_S": "search"
}


def main() -> None:
    """Train on the file, and print what came out."""
    planned = ChannelSettings(budget_setting=BudgetSetting.IN_ADVANCE)
    told = MMMSettings(
        channels=dict.fromkeys(CHANNELS.values(), planned) if "--in-advance" in sys.argv else {}
    )
    frames = _frames(pd.read_csv(Path(sys.argv[1]), parse_dates=["DATE"]))
    data = prepare(*frames, settings=told)
    begun = time.perf_counter()
    found = train(data, seed=1, told=told).results
    print(f"{data.n_weeks} weeks, trained in {time.perf_counter() - begun:.1f} s")
    for part in (found.diagnostics, found.model_fit):
        print(", ".join(f"{name} {value}" for name, value in part))
    for row in found.channels:
        print(
            f"{row.channel}: contraction {row.contraction:.2f}, ROI over all weeks "
            f"{row.whole_roi:.2f} [{row.whole_roi_interval.lower:.2f}, "
            f"{row.whole_roi_interval.upper:.2f}], prior {row.prior_roi:.2f} "
            f"[{row.prior_roi_interval.lower:.2f}, {row.prior_roi_interval.upper:.2f}], "
            f"last year {row.current_roi:.2f} [{row.current_roi_interval.lower:.2f}, "
            f"{row.current_roi_interval.upper:.2f}], {row.how_sure}; {row.advice}"
        )
    for check in found.checks:
        print(f"{check.level}: {check.message}")


def _frames(file: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    spend = file.rename(columns=CHANNELS).melt(
        "DATE", list(CHANNELS.values()), var_name="channel", value_name="spend"
    )
    outcome = file[["DATE", "revenue"]].rename(columns={"revenue": "value"})
    named = {"competitor_sales_B": "competitor sales", "newsletter": "newsletter"}
    events = pd.get_dummies(file["events"])[["event1", "event2"]].astype(float)
    controls = (
        pd.concat([file[["DATE", *named]].rename(columns=named), events], axis=1)
        .melt("DATE", var_name="name", value_name="value")
        .astype({"value": np.float64})
    )
    return (
        conform(spend.rename(columns={"DATE": "date"}), SPEND),
        conform(outcome.rename(columns={"DATE": "date"}).assign(metric="revenue"), OUTCOMES),
        conform(controls.rename(columns={"DATE": "date"}), CONTROLS),
    )


if __name__ == "__main__":
    main()
