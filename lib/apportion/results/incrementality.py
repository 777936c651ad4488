"""What the incrementality app shows, stores and serves: SPEC's ``IncrementalityExperiment``.

The *changed* regions are those whose advertising changes on the start date: the test regions where
ads are switched on, the control (holdout) regions where they are switched off. The others are the
*donors*, which stand for them. Lift and incremental amounts always compare more advertising to
less, so they are positive where advertising works, whichever way the test went.
"""

import datetime as dt
from enum import StrEnum

from pydantic import Field

from apportion.results.base import LEVEL, Interval, Result
from apportion.results.calibration import Direction
from apportion.results.experiment_design import DrawnDesign, ExperimentCheck, PowerCheck


class Platform(StrEnum):
    """Where the ads run."""

    META = "meta"
    GOOGLE = "google"
    TIKTOK = "tiktok"


class ExperimentStatus(StrEnum):
    """Where an experiment stands."""

    DRAFT = "draft"
    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Action(StrEnum):
    """What to do after a test."""

    SCALE = "scale"
    HOLD = "hold"
    CUT = "cut"
    REPEAT = "repeat"


class HalfOpenInterval(Result):
    """An interval whose upper end may be missing: no bound can be given."""

    lower: float | None
    upper: float | None
    """None: there is no upper bound."""
    level: float = LEVEL


class RegionWeight(Result):
    """How much a donor region counts in the synthetic control."""

    region: str
    weight: float
    """Of the ratio-scaled outcomes; the weights sum to 1."""


class BalanceRow(Result):
    """A property of the baseline: changed regions against what stands for them."""

    name: str
    changed: float
    synthetic: float
    plain_average: float
    """Of all donors alike, scaled to the level of the changed regions."""


class BaselineFit(Result):
    """How well the synthetic control follows the changed regions before the test."""

    days: int
    mape: float
    """Average daily miss, a fraction."""
    rmse: float
    """Daily error relative to the mean."""
    rank: float
    """Share of the reference sets that are fitted no better."""
    plain_average_rmse: float


class SensitivityEstimate(Result):
    """What another estimator says."""

    estimator: str
    lift_percent: float
    agrees: bool
    """It lies inside the interval of the main estimate."""


class MetricEffect(Result):
    """The effect on another metric: an interval, and no verdict."""

    metric: str
    lift_percent: float
    lift_percent_interval: Interval
    incremental: float
    incremental_interval: Interval


class Spending(Result):
    """What the changed regions spent, and would have spent."""

    observed: float
    expected: float
    """The baseline's spend, moved as the donors' spend moved."""
    change: float
    """Positive: more was spent (on), or spared (off), as intended."""
    donors_change_percent: float | None
    """How the donors' daily spend moved against the baseline."""
    source: str
    """data: spend by region; budget: the estimate, for there is no spend by region."""


class Trajectory(Result):
    """Day by day, from the baseline to the last day that there is; per day where not cumulative."""

    days: tuple[dt.date, ...]
    baseline_days: int
    """So many of them are before the test."""
    observed: tuple[float, ...]
    """Of the changed regions together."""
    expected: tuple[float, ...]
    expected_lower: tuple[float, ...]
    expected_upper: tuple[float, ...]
    donors: tuple[float, ...]
    """Of the donor regions together."""
    changed_spend: tuple[float, ...] = ()
    donors_spend: tuple[float, ...] = ()
    changed_orders: tuple[float, ...] = ()
    donors_orders: tuple[float, ...] = ()
    cumulative: tuple[float, ...] = ()
    """Incremental outcome from the first day of the test; only after the read-out."""
    cumulative_lower: tuple[float, ...] = ()
    cumulative_upper: tuple[float, ...] = ()


class Look(Result):
    """A look that was planned before the test."""

    day: int
    is_crossed: bool
    """Whether the effect is already beyond what chance would do, at the error spent so far."""


class Monitoring(Result):
    """A running test: how far, whether the data are good, and no verdict."""

    day: int
    """Days with data."""
    days: int
    trajectory: Trajectory | None
    checks: tuple[ExperimentCheck, ...] = ()
    looks: tuple[Look, ...] = ()
    """Only where weekly looks were chosen before the test."""


class ExperimentResults(Result):
    """The read-out of a completed experiment."""

    incremental_lift_percent: float
    incremental_lift_percent_interval: Interval
    confidence_interval: Interval
    """Of `incremental_lift_percent`."""
    incremental_revenue: float | None
    """None: there is no revenue by region."""
    incremental_revenue_interval: Interval | None
    incremental_outcome: float
    """Of the primary metric."""
    incremental_outcome_interval: Interval
    p_value: float
    is_significant: bool
    is_exact: bool
    """The set was drawn at random from the reference sets, so that p is exact by construction."""
    action: Action
    recommendation: str
    iroas: float | None
    """Incremental revenue / change in spend."""
    iroas_interval: Interval | None
    cost_per_incremental_order: float | None
    cost_per_incremental_order_interval: HalfOpenInterval | None
    spending: Spending | None
    outcome_share: float
    """Share of the outcome of all regions that the changed regions have in the baseline."""
    weights: tuple[RegionWeight, ...]
    baseline_fit: BaselineFit
    balance: tuple[BalanceRow, ...]
    sensitivity: tuple[SensitivityEstimate, ...]
    agreement: str
    """Whether the other estimators agree, in a sentence."""
    other_metrics: tuple[MetricEffect, ...]
    trajectory: Trajectory
    checks: tuple[ExperimentCheck, ...]
    reference_sets: int
    data_hash: str
    read_out_at: dt.datetime
    stopped_early_on: dt.date | None = None


class IncrementalityExperiment(Result):
    """A geo experiment, from draft to read-out."""

    id: str
    name: str
    platform: Platform
    status: ExperimentStatus
    test_regions: tuple[str, ...]
    control_regions: tuple[str, ...]
    start_date: dt.date
    end_date: dt.date
    pre_test_days: int
    budget_estimate: float | None
    """What the test spends more, or spares."""
    results: ExperimentResults | None = None
    direction: Direction = Direction.ON
    metric: str = "revenue"
    """The primary metric: p and verdict are of it alone."""
    channel: str = ""
    """Whose spend is changed, as the spend data name it."""
    minimum_effect_percent: float = 5.0
    """The smallest lift that matters: the test needs 80 % power to find it."""
    margin: float = 1.0
    """Profit before advertising per unit of revenue; ads break even at 1 / margin."""
    weekly_looks: bool = False
    seed: int = 1
    """Of the reference sets."""
    override_reason: str = ""
    """Why an analyst started it without enough power."""
    reason: str = ""
    """Why it was cancelled."""
    power: PowerCheck | None = None
    """Before the start."""
    design: DrawnDesign | None = None
    """None: the regions were named, not drawn."""
    checks: tuple[ExperimentCheck, ...] = Field(default=())
    """Of the draft or of the start."""
    progress: float = 0.0
    """Share of the test's days that have passed; a fraction."""
    created_at: dt.datetime
    updated_at: dt.datetime

    @property
    def changed_regions(self) -> tuple[str, ...]:
        """The regions whose advertising changes."""
        return self.test_regions if self.direction is Direction.ON else self.control_regions

    @property
    def donor_regions(self) -> tuple[str, ...]:
        """The regions that stand for them."""
        return self.control_regions if self.direction is Direction.ON else self.test_regions

    @property
    def days(self) -> int:
        """Days of the test, both ends included."""
        return (self.end_date - self.start_date).days + 1


class ExperimentList(Result):
    """All experiments."""

    experiments: tuple[IncrementalityExperiment, ...]
    """The latest test first."""


class NewExperiment(Result):
    """What is given to make an experiment, or to change a draft."""

    name: str
    platform: Platform
    test_regions: tuple[str, ...]
    control_regions: tuple[str, ...]
    start_date: dt.date
    end_date: dt.date
    pre_test_days: int | None = None
    """None: all history before the start, up to 90 days."""
    budget_estimate: float | None = None
    direction: Direction = Direction.ON
    metric: str = "revenue"
    channel: str = ""
    """Empty: the platform's name."""
    minimum_effect_percent: float = 5.0
    margin: float = 1.0
    weekly_looks: bool = False
    design: DrawnDesign | None = None


class Certificate(Result):
    """Everything that a read-out was computed from, so that anybody can compute it again."""

    format: int = 1
    product: str
    version: str
    library_versions: dict[str, str]
    method: str
    experiment: IncrementalityExperiment
    """With its settings and results."""
    data_hash: str
    first_day: dt.date
    regions: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    """The primary metric: a row a day, a column a region."""
    reference_sets: tuple[tuple[int, ...], ...]
    chosen: int
    """Which of them is the changed set."""
