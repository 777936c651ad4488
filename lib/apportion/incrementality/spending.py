"""How spend changed in the regions of a test, against what it would have been."""

from apportion.incrementality import checks
from apportion.incrementality.frame import Frame
from apportion.incrementality.panel import Panel, fitted_to
from apportion.results.experiment_design import ExperimentCheck
from apportion.results.incrementality import Spending


def spending_of(
    found: Frame, spend: Panel | None
) -> tuple[Spending | None, tuple[ExperimentCheck, ...]]:
    """Give how spend changed, from the data or the budget estimate, and what to know of it."""
    experiment, regions = found.experiment, found.baseline.regions
    if spend is not None:
        days = found.baseline.days + found.test.days
        values = fitted_to(spend, found.baseline.first_day, days, regions)
        daily = values[: found.baseline.days].mean(axis=0)
        during = values[found.baseline.days :]
        usual, donors_usual = daily[found.inside].sum(), daily[~found.inside].sum()
        donors = during[:, ~found.inside].sum()
        moved = donors / (donors_usual * len(during)) if donors_usual > 0 else None
        expected = float(usual * len(during) * (1.0 if moved is None else moved))
        observed = float(during[:, found.inside].sum())
        if observed > 0 or expected > 0:
            change = found.sign * (observed - expected)
            move = None if moved is None else float(moved - 1)
            return (
                Spending(
                    observed=observed,
                    expected=expected,
                    change=change,
                    donors_change_percent=None if move is None else 100 * move,
                    source="data",
                ),
                checks.compliance(experiment, change, expected, move),
            )
    if experiment.budget_estimate:
        estimated = float(experiment.budget_estimate)
        note = checks.caution(
            "spend_estimated",
            f"There is no spend by region for {experiment.channel}: the return is on the budget "
            "estimate, and whether spend changed as planned was not checked.",
        )
        return (
            Spending(
                observed=estimated if found.sign > 0 else 0.0,
                expected=0.0 if found.sign > 0 else estimated,
                change=estimated,
                donors_change_percent=None,
                source="budget",
            ),
            (note,),
        )
    return None, (
        checks.caution(
            "no_spend",
            f"There is no spend by region for {experiment.channel} and no budget estimate: no "
            "return can be given, and whether spend changed was not checked.",
        ),
    )
