"""How a test that could not tell would have to be repeated."""

import numpy as np

from apportion.errors import NotEnoughDataError
from apportion.incrementality.design import LARGEST_SHARE, candidates
from apportion.incrementality.frame import Frame
from apportion.incrementality.power import is_enough, power_curve

EXTRA_DAYS = (0, 14)
SETS = 20
"""In each window the most extreme of so many is significant at 5 %."""

WINDOWS = 5


def repeat_with(found: Frame) -> tuple[int, int] | None:
    """Give how many more regions and days would find the minimum effect; None: no form that fits.

    It replays the baseline, where nothing happened, in fewer and less well fitting sets than a
    design does: it is advice on the safe side, and the repetition will be designed. More regions
    come before more days, which help less.
    """
    own, asked = int(found.inside.sum()), found.experiment.days
    largest = max(int(len(found.baseline.regions) * LARGEST_SHARE), 2)
    sizes = sorted({max(min(each, largest), 2) for each in (own, own + 2, 2 * own, largest)})
    for more in EXTRA_DAYS:
        # As many regions as can be have the most power: if they do not find it, fewer will not.
        if not _finds(found, sizes[-1], asked + more):
            continue
        for size in sizes[:-1] if more else [each for each in sizes[:-1] if each > own]:
            if _finds(found, size, asked + more):
                return max(size - own, 0), more
        return max(sizes[-1] - own, 0), more
    return None


def _finds(found: Frame, size: int, days: int) -> bool:
    experiment, baseline = found.experiment, found.baseline.values
    rng = np.random.default_rng([experiment.seed, size, days])
    try:
        curve = power_curve(
            baseline,
            candidates(baseline.shape[1], size, rng, tried=SETS),
            days,
            rng,
            baseline_days=experiment.pre_test_days,
            sign=found.sign,
            rows=SETS,
            most_windows=WINDOWS,
        )
    except NotEnoughDataError:
        return False
    return is_enough(curve.at(experiment.minimum_effect_percent / 100))
