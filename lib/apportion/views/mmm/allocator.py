"""Share a budget among the channels, and see at once what it should bring."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets

from apportion.errors import ApportionError
from apportion.mmm.cents import digits_of, in_cents
from apportion.mmm.planner import Planner
from apportion.mmm.summary import LEAST_SHARE, MOST_SHARE
from apportion.results.base import LEVEL, Interval
from apportion.results.mmm import BudgetPlan, HowSure, Objective, Risk, SpendBounds
from apportion.views import theme
from apportion.views.mmm.reading import Reading
from apportion.views.parts.elements import module, paths
from apportion.views.parts.icons import ICONS

PROVED = 1e-4
"""A bound this close to what the split brings, relative to it, proves that there is no better."""

_HERE = Path(__file__)


class BudgetAllocator(anywidget.AnyWidget):
    """A slider per channel; together they always spend `total`.

    Amounts are whole cents. While a slider moves, the browser works out the outcome from some of
    the posterior's draws; once it rests, `outcome` comes from all of them, as the API's does.
    Whatever the browser sends is checked again, and the optimiser takes the channels' data from the
    model and never from the page.

    Parameters
    ----------
    planner : Planner
        The version that prices the splits.
    reading : Reading
        The same version in words.
    """

    _esm = module(_HERE.with_suffix(".js"))
    _css = _HERE.with_suffix(".css")

    channels = traitlets.List(traitlets.Dict()).tag(sync=True)
    draws = traitlets.Bytes().tag(sync=True)
    total = traitlets.Int().tag(sync=True)
    amounts = traitlets.List(traitlets.Int()).tag(sync=True)
    least = traitlets.List(traitlets.Int()).tag(sync=True)
    most = traitlets.List(traitlets.Int()).tag(sync=True)
    locked = traitlets.List(traitlets.Bool()).tag(sync=True)
    objective = traitlets.Enum([each.value for each in Objective]).tag(sync=True)
    risk = traitlets.Enum([each.value for each in Risk]).tag(sync=True)
    target = traitlets.Float(None, allow_none=True).tag(sync=True)
    outcome = traitlets.Dict().tag(sync=True)
    said = traitlets.Unicode().tag(sync=True)
    level = traitlets.Float(LEVEL).tag(sync=True)
    period = traitlets.Unicode("week").tag(sync=True)
    digits = traitlets.Int(2).tag(sync=True)
    noun = traitlets.Unicode("revenue").tag(sync=True)
    is_money = traitlets.Bool(True).tag(sync=True)
    icons = traitlets.Dict(paths("lock", "unlock")).tag(sync=True)
    locale = traitlets.Unicode("en-GB").tag(sync=True)
    currency = traitlets.Unicode().tag(sync=True)

    def __init__(self, planner: Planner, reading: Reading) -> None:
        self._planner = planner
        self._reading = reading
        grid = planner.grid
        digits = digits_of(reading.results.currency)
        sure = {effect.channel: effect.how_sure for effect in reading.results.channels}
        self._order = [grid.channels.index(effect.channel) for effect in reading.channels]
        self._names = [effect.channel for effect in reading.channels]
        self._is_told = [sure[name] is not HowSure.CANNOT_TELL for name in self._names]
        self._end = [int(grid.spend[row, -1] * 10**digits) for row in self._order]
        current = [in_cents(grid.current[row], digits) for row in self._order]
        self._current = current
        super().__init__(
            channels=[
                {
                    "name": reading.looks[name].name,
                    "colour": reading.looks[name].colour,
                    "glyph": ICONS[reading.looks[name].glyph],
                    "current": current[at],
                    "seen": in_cents(grid.highest[row], digits),
                    "end": self._end[at],
                    "is_told": self._is_told[at],
                    "grid": grid.spend[row].tolist(),
                }
                for at, (name, row) in enumerate(zip(self._names, self._order, strict=True))
            ],
            draws=np.ascontiguousarray(grid.revenue[self._order], "<f4").tobytes(),
            total=sum(current),
            amounts=current,
            least=[int(LEAST_SHARE * amount) for amount in current],
            most=[int(MOST_SHARE * amount) for amount in current],
            locked=[not is_told for is_told in self._is_told],
            objective=Objective.MOST_REVENUE.value,
            risk=Risk.MEAN.value,
            digits=digits,
            noun=reading.noun,
            is_money=reading.is_money,
            currency=reading.results.currency,
        )
        self._price(None)
        self.on_msg(self._on_message)

    def propose(self, plan: BudgetPlan) -> None:
        """Show a split; limits that it passes move with it."""
        spend = {each.channel: each.optimal_spend for each in plan.allocation}
        amounts = [in_cents(spend[name], self.digits) for name in self._names]
        with self.hold_trait_notifications():
            self.least = [min(pair) for pair in zip(self.least, amounts, strict=True)]
            self.most = [max(pair) for pair in zip(self.most, amounts, strict=True)]
            self.amounts, self.total = amounts, sum(amounts)

    @property
    def spend(self) -> Mapping[str, float]:
        """The split as it stands, in money."""
        unit = 10**self.digits
        return {name: cents / unit for name, cents in zip(self._names, self.amounts, strict=True)}

    @traitlets.validate("amounts")
    def _is_an_allocation(self, proposal: Any) -> list[int]:
        amounts: list[int] = proposal.value
        if len(amounts) != len(self._names) or sum(amounts) != self.total:
            raise traitlets.TraitError(
                f"amounts must be {len(self._names)} numbers that sum to {self.total}, "
                f"got {amounts}"
            )
        for amount, end in zip(amounts, self._ends, strict=True):
            if not 0 <= amount <= end:
                raise traitlets.TraitError(f"an amount must be in [0, {end}], got {amount}")
        return amounts

    @traitlets.validate("least", "most", "locked")
    def _is_per_channel(self, proposal: Any) -> list[int]:
        values: list[int] = proposal.value
        if len(values) != len(self._names):
            raise traitlets.TraitError(f"there are {len(self._names)} channels, got {values}")
        return values

    @property
    def _ends(self) -> list[int]:
        # An optimiser may pass the end of a slider, never that of the curves.
        return [max(end, 6 * now + 1) for end, now in zip(self._end, self._current, strict=True)]

    @traitlets.observe("amounts")
    def _price(self, _: object) -> None:
        if not self.amounts:
            return
        priced = self._planner.price(self.spend)
        self.said = _beyond(self._reading, priced)
        self.outcome = {
            "amounts": self.amounts,
            "now": _estimate(priced.current_revenue, priced.current_revenue_interval),
            "then": _estimate(priced.projected_revenue, priced.projected_revenue_interval),
            "gain": {
                "gain": priced.gain,
                "gainInterval": [priced.gain_interval.lower, priced.gain_interval.upper],
                "better": priced.probability_better,
            },
        }

    def _on_message(self, _: object, content: dict[str, Any], __: Sequence[bytes]) -> None:
        if content.get("kind") != "optimise":
            return
        try:
            plan = self._optimised()
        except ApportionError as error:
            self.send({"kind": "failed", "text": f"Nothing was changed. {error}"})
            return
        self.propose(plan)
        self.said = f"{_proof(self._reading, plan)} {_beyond(self._reading, plan)}".strip()
        self.send({"kind": "optimised"})

    def _optimised(self) -> BudgetPlan:
        objective = Objective(self.objective)
        unit = 10**self.digits
        is_given = objective is Objective.MOST_REVENUE
        return self._planner.optimise(
            self.total / unit if is_given else None,
            {name: self._bounds(at, unit) for at, name in enumerate(self._names)},
            objective=objective,
            target=None if is_given else self.target,
            risk=Risk(self.risk),
        )

    def _bounds(self, at: int, unit: int) -> SpendBounds:
        """Give a channel's limits: where it cannot be told, what is spent now."""
        if self.locked[at]:
            return SpendBounds(min=self.amounts[at] / unit, max=self.amounts[at] / unit)
        if not self._is_told[at]:
            return SpendBounds(min=self._current[at] / unit, max=self._current[at] / unit)
        most = min(self.most[at], self._ends[at])
        return SpendBounds(min=max(0, self.least[at]) / unit, max=most / unit)


def _estimate(mean: float, interval: Interval) -> dict[str, object]:
    return {"mean": mean, "interval": [interval.lower, interval.upper]}


def _proof(reading: Reading, plan: BudgetPlan) -> str:
    """Say how good the split is, and how that is known."""
    careful = plan.risk is Risk.CAREFUL
    reached = plan.careful_revenue if careful else plan.projected_revenue
    what = "worst quarter" if careful else f"{reading.noun}"
    if plan.bound is None or not reached > 0:
        return ""
    gap = plan.bound / reached - 1
    if gap <= PROVED:
        return f"Proved: no split of this total within the limits has a better {what} in the model."
    return (
        f"The best of a grid of splits, polished. It is proved that no split has a {what} more "
        f"than {theme.share(gap)} better."
    )


def _beyond(reading: Reading, plan: BudgetPlan) -> str:
    names = [reading.looks[e.channel].name for e in plan.allocation if e.is_extrapolated]
    if not names:
        return ""
    return (
        f"{theme.listing(names)}: beyond every week in the data, so that the outcome is "
        "extrapolation. Go there in steps, or test it."
    )
