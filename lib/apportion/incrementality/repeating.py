"""How a test that could not tell would have to be repeated."""

from collections.abc import Iterator

import numpy as np

from apportion.errors import NotEnoughDataError
from apportion.incrementality.design import LARGEST_SHARE, make_pool
from apportion.incrementality.frame import Frame
from apportion.incrementality.power import is_enough, power_curve

EXTRA_DAYS = (0, 14)
SETS = 50
ROWS = 25


def repeat_with(found: Frame) -> tuple[int, int] | None:
    """Give how many more regions and days would find the minimum effect; None: no form that fits.

    It replays the baseline, where nothing happened, in fewer sets than a design does: it is advice,
    and the repetition will be designed. More regions come before more days, which help less.
    """
    experiment, baseline = found.experiment, found.baseline.values
    lift = experiment.minimum_effect_percent / 100
    for size, days in _forms(found):
        pool = make_pool(baseline, size, experiment.pre_test_days, experiment.seed)
        try:
            curve = power_curve(
                baseline,
                pool.members[:SETS],
                days,
                np.random.default_rng([experiment.seed, size, days]),
                baseline_days=experiment.pre_test_days,
                sign=found.sign,
                rows=ROWS,
            )
        except NotEnoughDataError:
            return None
        if is_enough(curve.at(lift)):
            return max(size - int(found.inside.sum()), 0), days - experiment.days
    return None


def _forms(found: Frame) -> Iterator[tuple[int, int]]:
    size, largest = int(found.inside.sum()), int(len(found.baseline.regions) * LARGEST_SHARE)
    sizes = sorted({max(min(each, largest), 2) for each in (size + 2, 2 * size, largest)})
    for more in EXTRA_DAYS:
        for each in sizes if more == 0 else [max(min(size, largest), 2), *sizes]:
            yield each, found.experiment.days + more
