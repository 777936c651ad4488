"""From a completed experiment to what it tells a media mix model."""

from apportion.results.calibration import Direction, LiftTest
from apportion.results.incrementality import IncrementalityExperiment

REVENUE = "revenue"


def lift_test(experiment: IncrementalityExperiment) -> LiftTest | None:
    """Give the experiment as a lift test; None: it was not read out, or cannot calibrate.

    It cannot where it says nothing of revenue, where it is not known by how much spend changed, or
    where spend did not change the way it was meant to.
    """
    results = experiment.results
    if results is None or results.incremental_revenue_interval is None:
        return None
    interval = results.incremental_revenue_interval
    if not interval.upper > interval.lower:
        return None
    effect = next((each for each in results.other_metrics if each.metric == REVENUE), None)
    if experiment.metric == REVENUE or effect is None:
        lift, lift_interval = results.incremental_lift_percent, results.confidence_interval
    else:
        lift, lift_interval = effect.lift_percent, effect.lift_percent_interval
    spending = results.spending
    if spending is None or spending.change <= 0 or spending.source != "data":
        return None
    factor = spending.observed / spending.expected if spending.expected > 0 else None
    if factor is None and experiment.direction is Direction.OFF:
        return None
    return LiftTest(
        id=experiment.id,
        name=experiment.name,
        channel=experiment.channel,
        start=experiment.start_date,
        end=results.stopped_early_on or experiment.end_date,
        outcome_share=results.outcome_share,
        lift=lift / 100,
        lift_interval=lift_interval.model_copy(
            update={"lower": lift_interval.lower / 100, "upper": lift_interval.upper / 100}
        ),
        incremental_outcome=results.incremental_revenue,
        incremental_outcome_interval=interval,
        direction=experiment.direction,
        spend_factor=factor,
    )
