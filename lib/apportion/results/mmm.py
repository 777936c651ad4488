"""What the media mix app shows, stores and serves: ``MMMResults`` of the specification.

Spend and revenue are in the tenant's currency. Everything per channel refers to `estimate_window`,
as a rule the last 52 weeks, and is *per week* where the name says spend, point or curve.
"""

import datetime as dt
from enum import StrEnum

from pydantic import Field

from apportion.results.base import Interval, Result
from apportion.results.calibration import LiftTest
from apportion.results.mmm_settings import BudgetSetting, DemandWarning, Grain, MMMSettings


class ModelStatus(StrEnum):
    """Where a model version stands."""

    DRAFT = "draft"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class HowSure(StrEnum):
    """How far a channel's figures can be relied on; the rule is in ``mmm.diagnostics``."""

    VERY_SURE = "very_sure"
    FAIRLY_SURE = "fairly_sure"
    NOT_SURE = "not_sure"
    CANNOT_TELL = "cannot_tell"


class DateRange(Result):
    """First and last day, both included."""

    start: dt.date
    end: dt.date


class ModelFit(Result):
    """How well the model follows the outcome: fractions, so a MAPE of 0.06 is 6 %.

    By week throughout; the days of a daily model are summed.
    """

    r2: float
    mape: float
    bayesian_r2: float
    bayesian_r2_interval: Interval
    coverage90: float
    """Share of weeks inside the 90 % predictive interval."""
    durbin_watson: float
    """Autocorrelation of the residuals: 2 means none. Of a daily model, of what each day's residual
    is beside what the days before tell of it."""
    holdout_mape: float | None = None
    """Average miss in weeks that a second fit had not seen; None: too few weeks for that."""
    last_year_mape: float | None = None
    """Average miss in those weeks of last year's same weeks, the forecast that costs nothing."""
    no_media_mape: float | None = None
    """Average miss in those weeks of the same model without any media."""
    holdout_coverage90: float | None = None
    """Share of those weeks inside their 90 % forecast intervals."""
    weighted_mape: float | None = None
    """Sum of misses over the sum of the outcome: a small week weighs little."""
    grain: Grain = Grain.WEEK
    """What the model was fitted to: weeks, or days."""


class ChannelEffect(Result):
    """One channel: what it earned, what the next unit of spend earns, where it saturates."""

    channel: str
    contribution_percent: float
    """Share of the revenue attributed to media; the channels' shares sum to 100."""
    contribution_percent_interval: Interval
    contribution: float
    """Incremental revenue in the window."""
    contribution_interval: Interval
    revenue_percent: float
    """Share of all revenue in the window."""
    revenue_percent_interval: Interval
    current_roi: float
    """Incremental revenue / spend."""
    current_roi_interval: Interval
    marginal_roi: float
    """Revenue of the next unit of spend."""
    marginal_roi_interval: Interval
    saturation_point: float | None
    """Weekly spend where the next unit earns half of the average unit; None: not reached within
    the range that was searched."""
    saturation_point_interval: Interval | None
    current_spend: float
    """Mean spend a week."""
    optimal_spend: float
    """Spend a week in the best split of the same total; a channel that the data cannot tell
    keeps its spend."""
    highest_spend: float
    """The highest week in the data: beyond it every statement is extrapolation."""
    contraction: float
    """1 - posterior sd / prior sd of the log ROI; near 0: the estimate is mostly the prior."""
    how_sure: HowSure
    advice: str = ""
    """What would help, where the data cannot tell; empty elsewhere."""
    budget_setting: BudgetSetting = BudgetSetting.NOT_SURE
    """How the budget was said to be set when this was trained."""
    break_even_spend: float | None = None
    """Weekly spend up to which the next unit earns itself (marginal ROI x margin = 1); None: not
    reached within the range that was searched."""
    break_even_spend_interval: Interval | None = None
    prior_roi: float | None = None
    """Median of what was believed before, of the return over all training weeks."""
    prior_roi_interval: Interval | None = None
    whole_roi: float | None = None
    """Median of the return over all training weeks: what the data made of the prior."""
    whole_roi_interval: Interval | None = None


class OrganicEffect(Result):
    """A channel that costs nothing: what it brought in the window."""

    channel: str
    contribution: float
    contribution_interval: Interval
    revenue_percent: float
    """Share of all revenue in the window."""
    revenue_percent_interval: Interval
    contraction: float


class ExperimentEffect(Result):
    """A lift test beside the model: what it found, what the model says, what it changed.

    Returns are per unit of the spend that the test took away or added, in its own days.
    """

    test: LiftTest
    used: bool
    reason: str = ""
    """Why it was not used; empty if it was."""
    test_roi: float | None = None
    """What the test itself found, without any model."""
    test_roi_interval: Interval | None = None
    model_roi: float | None = None
    """What the calibrated model says of the same days."""
    model_roi_interval: Interval | None = None
    model_roi_without: float | None = None
    """What the model said of them without any test."""
    model_roi_without_interval: Interval | None = None
    roi_before: float | None = None
    """The channel's current ROI in the model without any test."""
    roi_before_interval: Interval | None = None
    roi_after: float | None = None
    """The same with the tests: the one in the channel table."""
    roi_after_interval: Interval | None = None
    disagrees: bool = False
    """The intervals of the test and of the model without it do not meet."""


class CurvePoint(Result):
    """Expected revenue a week at a spend a week."""

    spend: float
    revenue: float
    revenue_interval: Interval


class SaturationCurve(Result):
    """A channel's response when its actual flight is scaled up and down."""

    channel: str
    curve: tuple[CurvePoint, ...]


class ChannelLearning(Result):
    """What the data taught about one channel."""

    channel: str
    decay: tuple[float, ...]
    """Share of an effect that falls on each week from that of the spend on (posterior mean)."""
    decay_lower: tuple[float, ...]
    decay_upper: tuple[float, ...]
    roi: tuple[float, ...]
    """Returns over all training weeks at which the densities are given."""
    prior_density: tuple[float, ...]
    """Before the data, per unit of the log return."""
    posterior_density: tuple[float, ...]
    """After them."""


class Decomposition(Result):
    """The outcome week by week, split by cause (posterior means)."""

    weeks: tuple[dt.date, ...]
    observed: tuple[float, ...]
    expected: tuple[float, ...]
    expected_lower: tuple[float, ...]
    expected_upper: tuple[float, ...]
    baseline: tuple[float, ...]
    """Revenue without any media."""
    channels: dict[str, tuple[float, ...]]
    """What each channel brought; organic ones last."""


class CheckLevel(StrEnum):
    """What a check of the fitted model asks for."""

    CAUTION = "caution"
    REFUSE = "refuse"


class Check(Result):
    """A check that did not pass, and what to do about it."""

    code: str
    level: CheckLevel
    message: str
    channels: tuple[str, ...] = ()


class SamplerDiagnostics(Result):
    """Whether the chains agree: the worst value over all parameters."""

    r_hat: float
    ess_bulk: float
    ess_tail: float
    divergences: int
    chains: int
    draws: int
    """Kept draws per chain."""
    tune: int


class Provenance(Result):
    """Where a version comes from, enough to make it again."""

    data_hash: str
    """SHA-256 of the arrays the model saw."""
    seed: int
    library_versions: dict[str, str]
    wall_seconds: float
    sampling_seconds: float


class Training(Result):
    """A version that is being trained, or waits for it."""

    model_id: str
    version: int
    status: ModelStatus
    """Draft: it waits for a worker."""
    progress: float
    """Between 0 and 1."""
    run_id: str | None = None
    """The run that trains it; it can be followed and cancelled."""
    message: str = ""
    """What it is doing."""
    remaining_seconds: float | None = None
    """About how much longer it takes; null: cannot be told."""


class ModelVersion(Result):
    """What identifies a model version, and how it ended."""

    model_id: str
    version: int
    status: ModelStatus
    last_run_at: dt.datetime | None = None
    reason: str | None = None
    """Why a version failed; None unless it did."""
    held_back: str | None = None
    """Why a completed version did not become current by itself; None unless so."""
    trained_by: str = ""
    """Who asked for the training, or which schedule did; empty: not known."""
    is_current: bool = False
    """Whether this is the version that pages, API and budget rest on."""
    currency: str = ""
    date_range: DateRange | None = None
    """The training data."""
    model_fit: ModelFit | None = None


class MMMResults(ModelVersion):
    """A model version: the stored result, the dashboard's and the API's in one."""

    outcome: str = "revenue"
    estimate_window: DateRange | None = None
    media_percent: float | None = None
    """Share of all revenue in the window that media caused."""
    media_percent_interval: Interval | None = None
    channels: tuple[ChannelEffect, ...] = ()
    saturation_curves: tuple[SaturationCurve, ...] = ()
    decomposition: Decomposition | None = None
    learned: tuple[ChannelLearning, ...] = ()
    diagnostics: SamplerDiagnostics | None = None
    checks: tuple[Check, ...] = Field(default=())
    provenance: Provenance | None = None
    organic: tuple[OrganicEffect, ...] = ()
    experiments: tuple[ExperimentEffect, ...] = ()
    demand: tuple[DemandWarning, ...] = ()
    """What the lead test says of each channel's budget."""
    margin: float | None = None
    """Share of revenue left after the cost of goods, for the break-even spend; None: not known, and
    1 is taken."""
    told: MMMSettings | None = None
    """The settings that it was trained with."""
    training: Training | None = None
    """The version that is being trained now, if one is; it is not part of what is stored."""


class ChannelSpend(Result):
    """A channel with spend in the data: what a model can be trained on."""

    channel: str
    weeks: int
    """Weeks, from Monday on, with any spend."""
    first_day: dt.date
    last_day: dt.date


class Objective(StrEnum):
    """What a budget is to reach."""

    MOST_REVENUE = "most_revenue"
    """The total is given."""
    TARGET_ROI = "target_roi"
    """The largest budget that still earns `target` times itself."""
    TARGET_CPA = "target_cpa"
    """The largest budget with a cost of at most `target` for each unit of the outcome."""
    LEAST_BUDGET = "least_budget"
    """The least budget that brings `target` a week."""


class Risk(StrEnum):
    """Which outcome of a budget is to be good."""

    MEAN = "mean"
    CAREFUL = "careful"
    """The mean of the worst quarter of what the model thinks possible."""


class SpendBounds(Result):
    """The least and the most that a channel may get a week; None: 0, and all there is."""

    min: float | None = None
    max: float | None = None


class ChannelPlan(Result):
    """One channel of a budget: spend and the revenue that it causes, a week."""

    channel: str
    current_spend: float
    optimal_spend: float
    lower_bound: float
    """The least that the split could give it."""
    upper_bound: float
    """The most."""
    current_revenue: float
    current_revenue_interval: Interval
    projected_revenue: float
    projected_revenue_interval: Interval
    how_sure: HowSure
    is_extrapolated: bool
    """The split is beyond the highest week in the data, where the model only supposes."""


class BudgetPlan(Result):
    """A total for a week, split over the channels for the most revenue that the model expects."""

    model_id: str
    version: int
    currency: str
    estimate_window: DateRange
    """The weeks whose flights are scaled."""
    total_budget: float
    current_budget: float
    objective: Objective = Objective.MOST_REVENUE
    target: float | None = None
    """What was asked for: a return, a cost per unit or a revenue a week."""
    risk: Risk = Risk.MEAN
    allocation: tuple[ChannelPlan, ...]
    """Whole cents that sum to `total_budget`."""
    current_revenue: float
    """Revenue a week from all channels at current spend."""
    current_revenue_interval: Interval
    projected_revenue: float
    """Revenue a week from all channels at optimal spend."""
    projected_revenue_interval: Interval
    projected_roi: float
    """Revenue from all channels over the whole budget."""
    projected_roi_interval: Interval
    careful_revenue: float
    """Mean revenue of the worst quarter of what the model thinks possible, at optimal spend."""
    bound: float | None = None
    """No split of this total within the limits has a better revenue (careful: mean of the worst
    quarter) in the model: proved by the dual problem. None: the split was given, not sought."""
    gain: float
    """What it projects over what is now, within each draw: far surer than the two are apart."""
    gain_interval: Interval
    probability_better: float
    """Share of what the model thinks possible in which it brings more than what is now."""
    checks: tuple[Check, ...] = ()
