"""The budget optimiser against pymc-marketing's own, on the same curves, draws and limits.

Run ``python benchmarks/mmm_budget.py [--cases 20] [--channels 8]``. Random companies with Hill
curves, concave (slope 1) or S-shaped (slope 1.5 to 4), 100 posterior draws each. Limits: nothing to
everything for each channel, and half to one and a half of its present spend. Both splits are priced
by the same function: mean revenue over the draws. The gap is to the proved bound.

Where pymc-marketing is not installed (it is no dependency), only our own figures are given.
"""

import argparse
import importlib.util
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apportion.mmm.budget import optimise, upper_bound
from apportion.mmm.saturation import Curve

DRAWS = 100
NEVER_WORSE = 1e-6
"""Relative room for the stopping rules of the two."""

Amounts = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Case:
    """Posterior draws of Hill curves (n_draws, n_channels), and spend as it is."""

    top: Amounts
    half: Amounts
    slope: Amounts
    current: Amounts

    def revenue(self, split: Amounts) -> float:
        """Give the mean revenue over the draws."""
        spend = np.maximum(split, 1e-12)
        return float((self.top / (1 + (self.half / spend) ** self.slope)).sum(1).mean())

    def curves(self) -> list[Curve]:
        """Give the mean curves."""
        return [self._curve(row) for row in range(len(self.current))]

    def _curve(self, row: int) -> Curve:
        top, half, slope = (each[:, row, None] for each in (self.top, self.half, self.slope))

        def curve(spend: Amounts) -> tuple[Amounts, Amounts]:
            spend = np.maximum(spend, 1e-12)[None, :]
            effect = 1 / (1 + (half / spend) ** slope)
            growth = top * slope * effect * (1 - effect) / spend
            return (top * effect).mean(0), growth.mean(0)

        return curve


def company(seed: int, channels: int, slope: tuple[float, float]) -> Case:
    """Draw a company: what its channels can earn, where they saturate, what is spent now."""
    rng = np.random.default_rng(seed)
    current = rng.lognormal(2, 0.7, channels)
    shape = (DRAWS, channels)
    half = current * rng.lognormal(0.2, 0.7, channels) * rng.lognormal(0, 0.2, shape)
    top = current * rng.lognormal(0.8, 0.7, channels) * rng.lognormal(0, 0.2, shape)
    steep = rng.uniform(*slope, channels)
    return Case(top, half, np.broadcast_to(steep, shape).copy(), current)


class Peer:
    """pymc-marketing's optimiser over the same curves and draws, one week of steady spend."""

    def __init__(self, case: Case) -> None:
        import pymc as pm
        import pymc.dims as pmd
        import xarray as xr
        from pymc_marketing.mmm.budget_optimizer import BudgetOptimizer

        self.names = [f"c{row}" for row in range(len(case.current))]
        coords = {"date": np.arange(1), "channel": self.names}
        with pm.Model(coords=coords) as model:
            spend = pmd.Data("channel_data", case.current[None, :], dims=("date", "channel"))
            top, half, slope = (
                pmd.HalfNormal(name, sigma=1.0, dims=("channel",))
                for name in ("top", "half", "slope")
            )
            effect = pmd.math.sigmoid(slope * (pmd.math.log(spend + 1e-12) - pmd.math.log(half)))
            earned = pmd.Deterministic("channel_contribution", top * effect)
            pmd.Deterministic("total_media_contribution_original_scale", earned.sum())
        dims = ("chain", "draw", "channel")
        drawn = {name: (dims, getattr(case, name)[None]) for name in ("top", "half", "slope")}
        there = np.ones((1, DRAWS, 1, len(self.names)))
        contribution = (("chain", "draw", "date", "channel"), there)
        posterior = xr.Dataset(
            drawn | {"channel_contribution": contribution},
            coords={"channel": self.names, "date": np.arange(1)},
        )
        idata = xr.DataTree.from_dict({"posterior": posterior})
        self.optimiser = BudgetOptimizer(model=model, idata=idata, num_periods=1)

    def split(self, total: float, lower: Amounts, upper: Amounts) -> Amounts:
        """Give their split."""
        bounds = {
            name: (float(low), float(high))
            for name, low, high in zip(self.names, lower, upper, strict=True)
        }
        answer = self.optimiser.allocate_budget(total, bounds, return_if_fail=True)
        return np.asarray(answer.budgets.sel(channel=self.names).to_numpy(), dtype=np.float64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--channels", type=int, default=8)
    asked = parser.parse_args()
    has_peer = importlib.util.find_spec("pymc_marketing") is not None
    if not has_peer:
        print("pymc-marketing is not installed: no comparison")
    worst = 0.0
    for shape, slope in (("concave", (1.0, 1.0)), ("S-shaped", (1.5, 4.0))):
        for limits, (low, high) in (("0 to all", (0.0, np.inf)), ("0.5 to 1.5", (0.5, 1.5))):
            ahead, gaps, ours_s, peers_s = [], [], [], []
            for seed in range(asked.cases):
                case = company(seed, asked.channels, slope)
                total = float(case.current.sum())
                lower = low * case.current
                upper = np.minimum(high * case.current, total)
                begun = time.perf_counter()
                curves = case.curves()
                ours = optimise(curves, total, lower, upper)
                ours_s.append(time.perf_counter() - begun)
                reached = case.revenue(ours)
                gaps.append(upper_bound(curves, total, lower, upper) / reached - 1)
                if has_peer:
                    peer = Peer(case)
                    begun = time.perf_counter()
                    theirs = peer.split(total, lower, upper)
                    peers_s.append(time.perf_counter() - begun)
                    theirs = np.clip(theirs, lower, upper)
                    theirs *= total / theirs.sum()
                    ahead.append(reached / case.revenue(theirs) - 1)
            line = (
                f"{shape}, limits {limits}: ours {np.median(ours_s):.2f} s "
                f"(worst {max(ours_s):.2f}), gap to the bound median {np.median(gaps):.1e}, "
                f"worst {max(gaps):.1e}"
            )
            if has_peer:
                worst = min(worst, *ahead)
                behind = sum(each > 0.005 for each in ahead)
                line += (
                    f"; pymc-marketing {np.median(peers_s):.2f} s, more than 0.5 % behind in "
                    f"{behind} of {asked.cases} (median {np.median(ahead):.2%}, worst "
                    f"{max(ahead):.1%}); ours behind by at most {-min(0.0, *ahead):.1e}"
                )
            print(line, flush=True)
    if has_peer:
        print("never worse" if worst >= -NEVER_WORSE else f"WORSE by {-worst:.1e}")


if __name__ == "__main__":
    main()
