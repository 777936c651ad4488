"""Made-up media mix results for the tests of the views: plausible numbers without a model."""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from apportion.results.base import Interval
from apportion.results.mmm import (
    ChannelEffect,
    ChannelLearning,
    Check,
    CheckLevel,
    CurvePoint,
    DateRange,
    Decomposition,
    HowSure,
    MMMResults,
    ModelFit,
    ModelStatus,
    Provenance,
    SamplerDiagnostics,
    SaturationCurve,
)

LAST_DAY = dt.date(2026, 11, 22)
WEEK = dt.timedelta(days=7)


@dataclass(frozen=True)
class Made:
    """A made-up channel: spend a week, half saturation, return, and how sure one can be."""

    name: str
    spend: float
    half: float
    roi: float
    best: float
    how_sure: HowSure = HowSure.FAIRLY_SURE
    width: float = 0.25

    def revenue(self, spend: float) -> float:
        """Revenue a week at a spend a week: a saturating curve through the ROI at `spend`."""
        return self.roi * self.spend * _hill(spend, self.half) / _hill(self.spend, self.half)


SHOP = (
    Made("google", 31e3, 42e3, 2.2, 37e3, HowSure.VERY_SURE, 0.2),
    Made("meta", 28e3, 38e3, 2.0, 30e3, HowSure.FAIRLY_SURE, 0.25),
    Made("email", 4e3, 6e3, 5.8, 8e3, HowSure.VERY_SURE, 0.2),
    Made("tiktok", 12e3, 27e3, 2.1, 19.5e3, HowSure.FAIRLY_SURE, 0.35),
    Made("display", 14e3, 4e3, 0.8, 6.5e3, HowSure.FAIRLY_SURE, 0.5),
    Made("tv", 22e3, 6e3, 0.8, 10e3, HowSure.VERY_SURE, 0.3),
    Made("affiliate", 6e3, 8e3, 1.4, 6e3, HowSure.CANNOT_TELL, 1.2),
)
ROBYN = (
    Made("tv_S", 22e3, 21e3, 6.2, 28e3, HowSure.VERY_SURE, 0.3),
    Made("ooh_S", 84e3, 30e3, 0.72, 78e3, HowSure.NOT_SURE, 0.8),
    Made("print_S", 18e3, 20e3, 1.1, 18e3, HowSure.CANNOT_TELL, 1.1),
    Made("facebook_S", 8e3, 12e3, 1.6, 8e3, HowSure.CANNOT_TELL, 1.2),
    Made("search_S", 6e3, 9e3, 1.3, 6e3, HowSure.CANNOT_TELL, 1.3),
)


def example_results(
    channels: Sequence[Made] = SHOP,
    *,
    currency: str = "EUR",
    outcome: str = "revenue",
    weeks: int = 156,
    version: int = 14,
    checks: Sequence[Check] = (),
    seed: int = 5,
) -> MMMResults:
    """Give a completed version with these channels."""
    random = np.random.default_rng(seed)
    paid = sum(made.revenue(made.spend) for made in channels)
    media = 0.44
    last_52 = DateRange(start=LAST_DAY - 52 * WEEK + dt.timedelta(days=1), end=LAST_DAY)
    return MMMResults(
        model_id="00000000-0000-4000-8000-000000000014",
        version=version,
        status=ModelStatus.COMPLETED,
        last_run_at=dt.datetime(2026, 11, 23, 4, 32, tzinfo=dt.UTC),
        outcome=outcome,
        currency=currency,
        date_range=DateRange(start=LAST_DAY - weeks * WEEK + dt.timedelta(days=1), end=LAST_DAY),
        estimate_window=last_52,
        model_fit=ModelFit(
            r2=0.931,
            mape=0.061,
            bayesian_r2=0.912,
            bayesian_r2_interval=Interval(lower=0.884, upper=0.929),
            coverage90=0.93,
            durbin_watson=1.94,
            holdout_mape=0.068,
            last_year_mape=0.108,
        ),
        media_percent=100 * media,
        media_percent_interval=Interval(lower=37.2, upper=50.4),
        channels=tuple(_effect(made, paid, media) for made in channels),
        saturation_curves=tuple(_curve(made) for made in channels),
        learned=tuple(_learned(made) for made in channels),
        decomposition=_decomposition(channels, paid * (1 / media - 1), weeks, random),
        diagnostics=SamplerDiagnostics(
            r_hat=1.004, ess_bulk=2983, ess_tail=2410, divergences=0, chains=4, draws=1000, tune=800
        ),
        checks=tuple(checks),
        provenance=Provenance(
            data_hash="9f2c4ab1e07d" + "0" * 52,
            seed=1,
            library_versions={"pymc": "6.0.1", "nutpie": "0.16.4", "numpy": "2.3.4"},
            wall_seconds=63.4,
            sampling_seconds=8.1,
        ),
    )


def caution(message: str, *channels: str) -> Check:
    """Give a check that did not pass."""
    return Check(code="example", level=CheckLevel.CAUTION, message=message, channels=channels)


def without_figures(status: ModelStatus, reason: str | None = None, version: int = 0) -> MMMResults:
    """Give a version that has no figures: draft, running or failed."""
    return MMMResults(model_id="", version=version, status=status, reason=reason, currency="EUR")


def _hill(spend: float, half: float) -> float:
    return spend / (spend + half)


def _around(value: float, width: float) -> Interval:
    return Interval(lower=value * math.exp(-1.645 * width), upper=value * math.exp(1.645 * width))


def _share_around(value: float, width: float) -> Interval:
    around = _around(value, width)
    return Interval(lower=min(around.lower, value), upper=min(around.upper, 100.0))


def _effect(made: Made, paid: float, media: float) -> ChannelEffect:
    revenue = made.revenue(made.spend)
    share = 100 * revenue / paid
    marginal = made.roi * made.half / (made.spend + made.half)
    return ChannelEffect(
        channel=made.name,
        contribution_percent=share,
        contribution_percent_interval=_share_around(share, made.width / 2),
        contribution=52 * revenue,
        contribution_interval=_around(52 * revenue, made.width / 2),
        revenue_percent=share * media,
        revenue_percent_interval=_around(share * media, made.width / 2),
        current_roi=made.roi,
        current_roi_interval=_around(made.roi, made.width / 2),
        marginal_roi=marginal,
        marginal_roi_interval=_around(marginal, made.width),
        saturation_point=made.half,
        saturation_point_interval=_around(made.half, made.width / 2),
        current_spend=made.spend,
        optimal_spend=made.best,
        highest_spend=1.6 * made.spend,
        contraction=0.05 if made.how_sure is HowSure.CANNOT_TELL else 0.6,
        how_sure=made.how_sure,
    )


def _learned(made: Made) -> ChannelLearning:
    decay = 0.6 * 0.4 ** np.arange(13)
    log_roi = np.linspace(-2.5, 3, 61)
    middle, width = math.log(made.roi), made.width
    return ChannelLearning(
        channel=made.name,
        decay=tuple(decay),
        decay_lower=tuple(0.7 * decay),
        decay_upper=tuple(np.minimum(1.2 * decay, 1)),
        roi=tuple(np.exp(log_roi)),
        prior_density=tuple(np.exp(-(((log_roi - 0.2) / 0.9) ** 2) / 2) / 0.9 / 2.5066),
        posterior_density=tuple(np.exp(-(((log_roi - middle) / width) ** 2) / 2) / width / 2.5066),
    )


def _curve(made: Made) -> SaturationCurve:
    spends = np.linspace(0, 2 * made.spend, 41)
    points = [(spend, made.revenue(spend)) for spend in spends]
    return SaturationCurve(
        channel=made.name,
        curve=tuple(
            CurvePoint(spend=x, revenue=y, revenue_interval=_around(y, made.width / 2))
            for x, y in points
        ),
    )


def _decomposition(
    channels: Sequence[Made], baseline: float, weeks: int, random: np.random.Generator
) -> Decomposition:
    week = np.arange(weeks)
    season = 1 + 0.14 * np.sin((week - 6) / 52 * 2 * np.pi)
    base = baseline * season
    parts = {
        made.name: made.revenue(made.spend)
        * np.clip(1 + 0.3 * np.sin(week / (3 + k)) + random.normal(0, 0.1, weeks), 0.2, 2)
        for k, made in enumerate(channels)
    }
    expected = base + sum(parts.values())
    observed = expected * (1 + random.normal(0, 0.04, weeks))
    return Decomposition(
        weeks=tuple(LAST_DAY - (weeks - k) * WEEK + dt.timedelta(days=1) for k in range(weeks)),
        observed=tuple(observed),
        expected=tuple(expected),
        expected_lower=tuple(expected * 0.93),
        expected_upper=tuple(expected * 1.07),
        baseline=tuple(base),
        channels={name: tuple(values) for name, values in parts.items()},
    )
