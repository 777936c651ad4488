"""What a read-out rests on: weights, fit and balance before the test, and other estimators."""

import numpy as np

from apportion.incrementality import checks, estimators
from apportion.incrementality.frame import Frame
from apportion.incrementality.money import Effect
from apportion.incrementality.synthetic_control import Fits, plain_average_rmse
from apportion.results.experiment_design import ExperimentCheck
from apportion.results.incrementality import (
    BalanceRow,
    BaselineFit,
    RegionWeight,
    SensitivityEstimate,
)

OTHERS = {
    "synthetic difference-in-differences": estimators.synthetic_difference,
    "ridge-augmented synthetic control": estimators.augmented,
    "plain average of the other regions": estimators.difference_in_differences,
}
WEEKEND = (5, 6)


def sensitivity_of(
    found: Frame, own: Effect
) -> tuple[tuple[SensitivityEstimate, ...], str, tuple[ExperimentCheck, ...]]:
    """Give what other estimators say, whether they agree, and a caution if they do not."""
    days = np.vstack([found.filled.baseline, found.filled.test])
    means = days[: found.baseline.days].mean(axis=0)
    observed = days[:, found.inside].sum(axis=1)
    lower, upper = own.lift_interval
    estimates = []
    for name, estimator in OTHERS.items():
        # In units of each region's baseline, which is the same for the first and the last of them.
        donors = days[:, ~found.inside] / means[~found.inside]
        level = means[found.inside].sum()
        expected = level * estimator(observed / level, donors, found.baseline.days)
        total = max(float(expected[found.baseline.days :].sum()), np.finfo(float).tiny)
        ratio = float(observed[found.baseline.days :].sum()) / total
        lift = ratio**found.sign - 1
        estimates.append(
            SensitivityEstimate(
                estimator=name,
                lift_percent=100 * lift,
                agrees=lower <= lift <= upper,
            )
        )
    outside = [each for each in estimates if not each.agrees]
    said = ", ".join(f"{each.estimator} {each.lift_percent:+.1f}%" for each in estimates)
    if not outside:
        return tuple(estimates), f"Other estimators agree: {said}.", ()
    names = " and ".join(each.estimator for each in outside)
    agreement = f"Other estimators disagree ({said}): {names} lies outside the interval."
    note = checks.caution("estimators_disagree", f"{agreement} Take the lift with caution.")
    return tuple(estimates), agreement, (note,)


def weights(found: Frame, fits: Fits) -> tuple[RegionWeight, ...]:
    """Give how much each donor counts, heaviest first."""
    means = found.filled.baseline.mean(axis=0)
    share = fits.weights[found.chosen] * means / means[found.inside].sum()
    order = np.argsort(-share, kind="stable")
    return tuple(
        RegionWeight(region=found.baseline.regions[place], weight=float(share[place]))
        for place in order
        if not found.inside[place]
    )


def baseline_fit(found: Frame, fits: Fits) -> BaselineFit:
    """Give how well the synthetic control follows before the test."""
    values = found.filled.baseline
    observed, expected = values[:, found.inside].sum(axis=1), values @ fits.weights[found.chosen]
    own = float(fits.rmse[found.chosen])
    return BaselineFit(
        days=found.baseline.days,
        mape=float(np.mean(np.abs(observed - expected)) / observed.mean()),
        rmse=own,
        rank=float(np.mean(fits.rmse >= own)),
        plain_average_rmse=plain_average_rmse(values, found.inside),
    )


def balance(found: Frame, fits: Fits) -> tuple[BalanceRow, ...]:
    """Give level, growth, week and variation of the baseline, on both sides."""
    values, before = found.filled.baseline, found.baseline.days
    means = values.mean(axis=0)
    level = means[found.inside].sum()
    plain = (values[:, ~found.inside] / means[~found.inside]).mean(axis=1) * level
    series = (values[:, found.inside].sum(axis=1), values @ fits.weights[found.chosen], plain)
    half = before // 2
    weekend = np.array([day.weekday() in WEEKEND for day in found.baseline.dates])
    rows = {
        "mean a day": [float(each.mean()) for each in series],
        "second half over first": [
            float(each[half:].mean() / each[:half].mean()) for each in series
        ],
        "weekend over weekday": [
            float(each[weekend].mean() / each[~weekend].mean()) for each in series
        ],
        "daily variation": [float(each.std() / each.mean()) for each in series],
    }
    return tuple(
        BalanceRow(name=name, changed=row[0], synthetic=row[1], plain_average=row[2])
        for name, row in rows.items()
        if np.all(np.isfinite(row))
    )
