"""What the other apps know, in the little that recommendations need of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from apportion.results.incrementality import IncrementalityExperiment
from apportion.results.mmm import MMMResults


@dataclass(frozen=True)
class Knowledge:
    """Everything beside the tenant's own daily figures.

    Parameters
    ----------
    model : MMMResults, optional
        The current media mix model.
    newest_failed : str, optional
        Why a later version was refused.
    experiments : tuple of IncrementalityExperiment
    tested_elsewhere : frozenset of str
        Channels whose lift tests were run elsewhere and entered.
    credit : mapping of str to float
        Percent of the credit that each channel gets by attribution, among channels with spend.
    """

    model: MMMResults | None = None
    newest_failed: str | None = None
    experiments: tuple[IncrementalityExperiment, ...] = ()
    tested_elsewhere: frozenset[str] = frozenset()
    credit: Mapping[str, float] = field(default_factory=dict)
