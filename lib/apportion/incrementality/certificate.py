"""A certificate holds what a read-out was computed from, so that anybody can compute it again."""

import datetime as dt
from importlib import metadata

import numpy as np
import scipy

from apportion.errors import DataError
from apportion.incrementality.frame import frame
from apportion.incrementality.money import effect
from apportion.incrementality.outages import fill_outages
from apportion.incrementality.panel import Panel
from apportion.incrementality.randomisation import estimate
from apportion.incrementality.synthetic_control import fit_sets
from apportion.incrementality.threads import one_thread
from apportion.results.base import LEVEL, Interval, Result
from apportion.results.incrementality import Certificate, IncrementalityExperiment

METHOD = (
    "Days of outage filled; ratio-scaled simplex synthetic control; lift on the log scale; "
    "two-sided randomisation test of |log lift| / sqrt(rmse^2 + median rmse^2) among the "
    "reference sets; 90 % interval by inverting it"
)


class Recomputed(Result):
    """The primary figures, computed again from a certificate alone."""

    lift_percent: float
    lift_percent_interval: Interval
    incremental_outcome: float
    p_value: float


@one_thread
def certify(experiment: IncrementalityExperiment, data: Panel) -> Certificate:
    """Give the certificate of an experiment that was read out on `data`."""
    if experiment.results is None:
        raise ValueError("an experiment without results has no certificate")
    found = frame(experiment, data)
    panel = found.all_days
    return Certificate(
        product="Apportion",
        version=metadata.version("apportion"),
        library_versions={"numpy": np.__version__, "scipy": scipy.__version__},
        method=METHOD,
        experiment=experiment,
        data_hash=panel.data_hash,
        first_day=panel.first_day,
        regions=panel.regions,
        values=tuple(tuple(map(float, row)) for row in panel.values),
        reference_sets=tuple(tuple(np.flatnonzero(row).tolist()) for row in found.members),
        chosen=found.chosen,
    )


@one_thread
def recompute(certificate: Certificate) -> Recomputed:
    """Compute the primary figures from nothing but the certificate.

    Raises
    ------
    DataError
        If the data in it are not those that its hash was taken of.
    """
    values = np.array(certificate.values, dtype=np.float64)
    panel = Panel(
        certificate.first_day, certificate.regions, values, np.ones(values.shape, dtype=np.bool_)
    )
    if panel.data_hash != certificate.data_hash:
        raise DataError(
            f"The certificate's data have the hash {panel.data_hash}; it says "
            f"{certificate.data_hash}. They were changed after the read-out."
        )
    members = np.zeros((len(certificate.reference_sets), len(panel.regions)), dtype=np.bool_)
    for row, places in enumerate(certificate.reference_sets):
        members[row, list(places)] = True
    experiment = certificate.experiment
    baseline_end = experiment.start_date - dt.timedelta(days=1)
    test = panel.between(experiment.start_date, panel.last_day).values
    filled = fill_outages(panel.between(panel.first_day, baseline_end).values, test)
    fits = fit_sets(filled.baseline, members)
    main = estimate(fits, filled.test.sum(axis=0), certificate.chosen, level=LEVEL)
    inside = members[certificate.chosen]
    sign = 1 if experiment.direction == "on" else -1
    found = effect(main, float(test[:, inside].sum()), sign)
    return Recomputed(
        lift_percent=100 * found.lift,
        lift_percent_interval=Interval(
            lower=100 * found.lift_interval[0], upper=100 * found.lift_interval[1]
        ),
        incremental_outcome=found.incremental,
        p_value=main.p_value,
    )
