"""The experiments of a demo tenant, as its people would have planned them: without the truth.

One has been read out, one runs while the data end, one is to come, one was called off.
"""

import datetime as dt

from apportion.demo.calendar import experiment_days
from apportion.demo.plan import TenantPlan
from apportion.results.calibration import Direction
from apportion.results.incrementality import NewExperiment, Platform

MARGIN = 0.6


def planned_experiments(plan: TenantPlan, end: dt.date) -> list[NewExperiment]:
    """Give the plan's experiments.

    Parameters
    ----------
    end : date
        The last day of the world's data.
    """
    found = []
    for experiment in plan.experiments:
        first, last = experiment_days(experiment, end)
        changed = experiment.regions
        others = tuple(region for region in plan.region_names if region not in changed)
        is_on = experiment.factor > 1
        found.append(
            NewExperiment(
                name=experiment.name,
                platform=Platform(experiment.platform),
                test_regions=changed if is_on else others,
                control_regions=others if is_on else changed,
                start_date=first,
                end_date=last,
                pre_test_days=experiment.pre_test_days,
                direction=Direction.ON if is_on else Direction.OFF,
                channel=experiment.channel,
                minimum_effect_percent=experiment.minimum_effect_percent,
                margin=MARGIN,
            )
        )
    return found
