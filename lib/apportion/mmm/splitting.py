"""The best split of any budget over a model's channels, and the budget that reaches a target."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from apportion.errors import FieldError
from apportion.mmm import response
from apportion.mmm.budget import STEPS, best_values, grid_of, optimise, upper_bound
from apportion.mmm.careful import DrawCurve, optimise_carefully, worst_mean
from apportion.mmm.draw_curves import draw_curves, thinned
from apportion.mmm.limits import money
from apportion.mmm.posterior import FittedMMM
from apportion.mmm.saturation import Curve
from apportion.mmm.summary import Window
from apportion.results.mmm import Risk

CAREFUL_DRAWS = 400
"""Draws that a careful split looks at."""

_CAREFUL_TOTALS = 9
_SMALLEST = 0.01

Amounts = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Splitter:
    """Splits a week's budgets within the channels' limits.

    Parameters
    ----------
    lower, upper : ndarray, shape (n_channels,)
        Where both are the same, the channel's spend is settled.
    risk : Risk
        What is best: the mean revenue, or the mean of its worst quarter.
    """

    fitted: FittedMMM
    window: Window
    lower: Amounts
    upper: Amounts
    risk: Risk

    def split(self, total: float) -> Amounts:
        """Give the best split of `total`, (n_channels,)."""
        return self._best(total)[0]

    def bound(self, total: float) -> float:
        """Give an objective that no split of `total` can exceed."""
        return self._best(total)[1]

    def value(self, split: Amounts) -> float:
        """Give the objective of a split: the revenue of a week, from all channels."""
        at = [split[row : row + 1] for row in np.flatnonzero(self._free)]
        if self.risk is Risk.CAREFUL:
            parts = [curve(spend)[0][:, 0] for curve, spend in zip(self._drawn, at, strict=True)]
            return worst_mean(self._settled + sum(parts))
        parts = [curve(spend)[0][0] for curve, spend in zip(self._mean, at, strict=True)]
        return float(self._settled.mean() + sum(parts))

    def least_budget(self, goal: float) -> float:
        """Give the least budget whose best split reaches a revenue of `goal` a week.

        Raises
        ------
        FieldError
            If no budget within the limits does.
        """
        totals, values = self._scanned
        reaches = values >= goal
        if not reaches.any():
            raise FieldError(
                "target",
                found=money(goal),
                allowed=f"up to {money(values.max())} a week, the most within the channels' limits",
            )
        first = int(np.argmax(reaches))
        if first == 0:
            return float(totals[0])
        # The polish adds to the scanned values: the sign may change a step before.
        return self._crossing(
            lambda total: self.value(self.split(total)) - goal,
            float(totals[max(first - 2, 0)]),
            float(totals[first]),
        )

    def largest_budget(self, roi: float, *, name_of: Callable[[float], str]) -> float:
        """Give the largest budget whose best split earns `roi` times itself.

        Parameters
        ----------
        name_of : callable
            Says a return in the words that it was asked for in.

        Raises
        ------
        FieldError
            If no budget within the limits earns as much.
        """
        totals, values = self._scanned
        earns = values >= roi * totals
        if not earns.any():
            raise FieldError(
                "target",
                found=name_of(roi),
                allowed=f"{name_of(float((values / totals).max()))} at best within the channels' "
                "limits",
            )
        last = len(earns) - 1 - int(np.argmax(earns[::-1]))
        if last == len(earns) - 1:
            return float(totals[-1])
        return self._crossing(
            lambda total: self.value(self.split(total)) - roi * total,
            float(totals[min(last + 2, len(totals) - 1)]),
            float(totals[last]),
        )

    @cached_property
    def _free(self) -> NDArray[np.bool_]:
        return self.upper > self.lower

    @cached_property
    def _draws(self) -> FittedMMM:
        return thinned(self.fitted, CAREFUL_DRAWS)

    @cached_property
    def _mean(self) -> list[Curve]:
        curves = response.mean_curves(self.fitted, self.window.start, self.window.stop)
        return [curve for curve, is_free in zip(curves, self._free, strict=True) if is_free]

    @cached_property
    def _drawn(self) -> list[DrawCurve]:
        curves = draw_curves(self._draws, self.window.start, self.window.stop)
        return [curve for curve, is_free in zip(curves, self._free, strict=True) if is_free]

    @cached_property
    def _settled(self) -> Amounts:
        """Revenue of the channels whose spend is settled, (n_draws,)."""
        fitted = self._draws if self.risk is Risk.CAREFUL else self.fitted
        current = fitted.data.spend[self.window.start : self.window.stop].mean(0)
        scales = np.where(current > 0, self.lower / np.where(current > 0, current, 1.0), 1.0)
        revenue = response.curve(
            fitted, scales[None, :, None], self.window.start, self.window.stop
        )[..., 0]
        return np.asarray(revenue[:, ~self._free].sum(1))

    def _best(self, total: float) -> tuple[Amounts, float]:
        free, best = self._free, self.lower.copy()
        if not free.any():
            return best, self.value(best)
        lower, upper = self.lower[free], self.upper[free]
        rest = float(np.clip(total - best[~free].sum(), lower.sum(), upper.sum()))
        if self.risk is Risk.CAREFUL:
            best[free], bound = optimise_carefully(
                self._drawn, rest, lower, upper, base=self._settled
            )
        else:
            best[free] = optimise(self._mean, rest, lower, upper)
            bound = upper_bound(self._mean, rest, lower, upper) + float(self._settled.mean())
        return best, max(bound, self.value(best))

    @cached_property
    def _scanned(self) -> tuple[Amounts, Amounts]:
        """Budgets from the least to the most that the limits allow, and their best values.

        All budgets' best means come from one programme; the careful objective is not separable,
        so that a few budgets are split one by one.
        """
        least, most = max(float(self.lower.sum()), _SMALLEST), float(self.upper.sum())
        free = self._free
        if self.risk is Risk.CAREFUL or not free.any():
            totals = np.linspace(least, most, _CAREFUL_TOTALS)
            return totals, np.array([self.value(self.split(total)) for total in totals])
        lower, upper = self.lower[free], self.upper[free]
        spend, allowed = grid_of(float(upper.sum()), lower, upper, STEPS)
        values = np.stack([curve(spend[row])[0] for row, curve in enumerate(self._mean)])
        best = best_values(np.where(allowed, values, -np.inf)) + self._settled.mean()
        # The last step of a channel may pass its limit a little: no total is asked beyond `most`.
        return np.linspace(least, most, len(best)), best

    def _crossing(self, over: Callable[[float], float], wanted: float, other: float) -> float:
        """Give where `over` changes its sign on the way from `wanted` to `other`.

        At `wanted` itself, if it holds there already; at `other`, if it holds nowhere before.
        """
        if over(wanted) >= 0:
            return wanted
        if over(other) < 0:
            return other
        return float(brentq(over, wanted, other, xtol=1e-3, rtol=1e-10))
