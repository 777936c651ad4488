"""What the other apps know, in the little that recommendations need of it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from apportion.results.base import Interval
from apportion.results.mmm import MMMResults


@dataclass(frozen=True)
class ExperimentState:
    """An experiment.

    Parameters
    ----------
    id, name, channel : str
    status : str
        ``draft``, ``running``, ``completed`` or ``cancelled``.
    start, end : date
    lift_percent, lift_interval : optional
        Of a completed experiment that was read out.
    """

    id: str
    name: str
    channel: str
    status: str
    start: dt.date
    end: dt.date
    regions: tuple[str, ...] = ()
    lift_percent: float | None = None
    lift_interval: Interval | None = None


@dataclass(frozen=True)
class Knowledge:
    """Everything beside the tenant's own daily figures.

    Parameters
    ----------
    model : MMMResults, optional
        The current media mix model.
    newest_failed : str, optional
        Why a later version was refused.
    experiments : tuple of ExperimentState
    credit : mapping of str to float
        Percent of the credit that each channel gets by attribution, among channels with spend.
    """

    model: MMMResults | None = None
    newest_failed: str | None = None
    experiments: tuple[ExperimentState, ...] = ()
    credit: Mapping[str, float] = field(default_factory=dict)
