"""A row of every dataset, a result of each kind; keys are the same whoever they belong to."""

import datetime as dt

import pandas as pd

from apportion.frames import DATASETS, conform
from apportion.results.base import Interval
from apportion.results.calibration import Direction, LiftTest
from apportion.results.incrementality import (
    Certificate,
    ExperimentStatus,
    IncrementalityExperiment,
    Platform,
)
from apportion.results.insights import (
    AIInsightsData,
    Coverage,
    Feedback,
    Health,
    Summary,
    SummarySource,
    Verdict,
)
from apportion.results.journeys import (
    AttributionSettings,
    ChannelSet,
    ChannelStrength,
    CreditTable,
    JourneyResults,
    PathAnalysis,
    TrainedModel,
)
from apportion.results.mmm import DateRange, MMMResults, ModelFit, ModelStatus, Provenance
from apportion.results.mmm_settings import ChannelSettings, MMMSettings


def rows(factor: float = 1.0) -> dict[str, pd.DataFrame]:
    """Give a frame per dataset; `factor` is every amount, and named in every text."""
    text = f"text {factor:g}"
    raw = {
        "spend": {"date": "2024-03-01", "channel": "meta", "spend": factor},
        "outcomes": {"date": "2024-03-01", "metric": "revenue", "value": factor},
        "controls": {"date": "2024-03-01", "name": "price", "value": factor},
        "touchpoints": {
            "touchpoint_id": "t1",
            "customer_id": text,
            "timestamp": f"2024-03-{factor:02.0f}T10:00:00Z",
            "channel": "meta",
        },
        "conversions": {
            "order_id": "o1",
            "customer_id": text,
            "timestamp": "2024-03-01T12:00:00Z",
            "revenue": factor,
            "email": text,
            "is_new_customer": True,
        },
        "order_items": {"order_id": "o1", "product": "p1", "quantity": 1, "unit_price": factor},
        "events": {
            "start": "2024-03-01",
            "end": "2024-03-02",
            "name": "sale",
            "expected_effect": factor,
        },
    }
    return {name: conform(pd.DataFrame([row]), DATASETS[name]) for name, row in raw.items()}


def results(factor: float = 1.0) -> MMMResults:
    """Give a small result of a training; `factor` is its fit, and is named in its outcome."""
    fit = ModelFit(
        r2=factor / 10,
        mape=0.1,
        bayesian_r2=0.8,
        bayesian_r2_interval=Interval(lower=0.7, upper=0.9),
        coverage90=0.9,
        durbin_watson=1.9,
    )
    return MMMResults(
        model_id="",
        version=0,
        status=ModelStatus.RUNNING,
        outcome=f"text {factor:g}",
        model_fit=fit,
        provenance=Provenance(
            data_hash="00",
            seed=1,
            library_versions={"pymc": "6"},
            wall_seconds=1.0,
            sampling_seconds=0.5,
        ),
    )


def settings(factor: float = 1.0) -> MMMSettings:
    """Give settings that name `factor`."""
    return MMMSettings(channels={f"text {factor:g}": ChannelSettings(roi_around=factor)})


def lift_test(factor: float = 1.0) -> LiftTest:
    """Give a lift test whose amounts are `factor`, and whose name says so."""
    return LiftTest(
        id="",
        name=f"text {factor:g}",
        channel="meta",
        start=dt.date(2024, 3, 1),
        end=dt.date(2024, 3, 28),
        outcome_share=0.2,
        lift=0.05,
        lift_interval=Interval(lower=0.01, upper=0.09),
        incremental_outcome=factor,
        incremental_outcome_interval=Interval(lower=0.0, upper=2 * factor),
        direction=Direction.OFF,
    )


def journey_results(factor: float = 1.0) -> JourneyResults:
    """Give a small analysis of journeys; `factor` is named in its fingerprint."""
    settings = AttributionSettings()
    return JourneyResults(
        settings=settings,
        paths=PathAnalysis(
            common_paths=(),
            collapsed_paths=(),
            avg_touchpoints=factor,
            avg_time_to_conversion=None,
            path_length_distribution=(),
            flows=(),
            conversions=1,
            direct_conversions=0,
            other_paths=0,
            window_days=settings.window_days,
        ),
        credit=tuple(
            CreditTable(dimension=dimension, rows=())
            for dimension in ("channel", "campaign", "device", "customer")
        ),
        positions=(),
        trained=TrainedModel(
            settings=settings,
            channels=(
                ChannelStrength(
                    channel="meta",
                    removal_effect=0.5,
                    removal_effect_interval=Interval(lower=0.4, upper=0.6),
                    removal_percent=100.0,
                    paths=2,
                    conversions=1,
                ),
            ),
            players=("meta",),
            sets=(ChannelSet(channels=("meta",), paths=2, conversions=1),),
        ),
        fingerprint=f"text {factor:g}",
    )


def experiment(name: str, id: str = "") -> IncrementalityExperiment:
    """Give a draft of this name."""
    at = dt.datetime(2024, 3, 1, 12, tzinfo=dt.UTC)
    return IncrementalityExperiment(
        id=id,
        name=name,
        platform=Platform.META,
        status=ExperimentStatus.DRAFT,
        test_regions=("Berlin",),
        control_regions=("Hamburg", "Munich"),
        start_date=dt.date(2024, 3, 4),
        end_date=dt.date(2024, 3, 17),
        pre_test_days=28,
        budget_estimate=1000.5,
        created_at=at,
        updated_at=at,
    )


def certificate(of: IncrementalityExperiment) -> Certificate:
    """Give a certificate with little in it."""
    return Certificate(
        product="Apportion",
        version="0",
        library_versions={},
        method="",
        experiment=of,
        data_hash="00",
        first_day=of.start_date,
        regions=("Berlin",),
        values=((1.0,),),
        reference_sets=((0,),),
        chosen=0,
    )


def insights(factor: float = 1.0, day: int = 1) -> AIInsightsData:
    """Give insights of a week; `factor` is named in their summary."""
    instant = dt.datetime(2024, 3, day, 12, tzinfo=dt.UTC)
    text = f"text {factor:g}"
    return AIInsightsData(
        date_range=DateRange(start=dt.date(2024, 3, 1), end=dt.date(2024, 3, 7)),
        executive_summary=text,
        health_score=50,
        anomalies=(),
        trends=(),
        recommendations=(),
        summary=Summary(
            sentences=(text,),
            source=SummarySource.RULES,
            reason="no_key",
            model=None,
            prompt_version="",
            written_at=instant,
            facts=(),
            known_facts=0,
            fingerprint=text,
        ),
        health=Health(score=50, parts=()),
        key_metrics=(),
        stories=(),
        facts=(),
        coverage=Coverage(
            series_watched=1,
            days_of_history=28,
            data_through=dt.date(2024, 3, 7),
            muted=0,
            expected=0,
        ),
        currency="EUR",
        generated_at=instant,
    )


def feedback(factor: float = 1.0, anomaly: str = "a1") -> Feedback:
    """Give what somebody said of an anomaly; `factor` is named in its series."""
    day = dt.date(2024, 3, 1)
    verdict = Verdict.EXPECTED
    return Feedback(anomaly=anomaly, series=f"text {factor:g}", verdict=verdict, start=day, end=day)
