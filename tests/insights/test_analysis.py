"""A demo tenant's incidents are found and told, and no figure is invented."""

import datetime as dt
import re

import pandas as pd
import pytest

from apportion.demo import NOVA, World, simulate
from apportion.errors import NotEnoughDataError
from apportion.insights.analysis import Circumstances, analyse
from apportion.insights.calendar import occasions_of
from apportion.insights.metrics import Sources
from apportion.insights.sentences import FRAMES
from apportion.results.insights import AIInsightsData, AnomalyType, Severity

END = dt.date(2026, 6, 30)
START = END - dt.timedelta(days=29)
NOW = dt.datetime(2026, 7, 1, 6, tzinfo=dt.UTC)


def by_day(timestamps: pd.Series, timezone: str) -> pd.Series:
    return timestamps.dt.tz_convert(timezone).dt.tz_localize(None).dt.normalize()


def sources_of(world: World) -> Sources:
    frames, zone = world.frames, NOVA.timezone
    orders = frames["conversions"]
    customers = pd.DataFrame(
        {
            "date": by_day(orders["timestamp"], zone),
            "orders": 1,
            "new_orders": orders["is_new_customer"].astype(int),
        }
    )
    touches = frames["touchpoints"]
    devices = pd.DataFrame(
        {
            "date": by_day(touches["timestamp"], zone),
            "device": touches["device"],
            "touchpoints": 1,
        }
    )
    return Sources(
        frames["spend"],
        frames["outcomes"],
        customers.groupby("date", as_index=False).sum(),
        devices.groupby(["date", "device"], as_index=False).sum(),
    )


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(NOVA, end=END, years=2, seed=3)


@pytest.fixture(scope="module")
def sources(world: World) -> Sources:
    return sources_of(world)


@pytest.fixture(scope="module")
def circumstances(world: World) -> Circumstances:
    return Circumstances("USD", NOW, occasions_of(world.frames["events"]))


@pytest.fixture(scope="module")
def insights(sources: Sources, circumstances: Circumstances) -> AIInsightsData:
    return analyse(sources, START, END, circumstances)


def test_the_broken_checkout_is_one_story_with_sales_in_front(insights):
    day = END - dt.timedelta(days=18)
    story = next(s for s in insights.stories if s.title.startswith(("Revenue", "Orders")))
    main = next(a for a in insights.anomalies if a.id == story.anomalies[0])

    assert main.date_range.start == main.date_range.end == day
    assert main.type is AnomalyType.DROP
    assert main.severity is Severity.CRITICAL
    assert main.money_at_stake_interval.upper < 0
    assert len(story.anomalies) > 2


def test_the_outage_of_measurement_is_no_drop(insights):
    first = END - dt.timedelta(days=9)
    during = [
        a
        for a in insights.anomalies
        if a.metric in ("sessions", "conversion_rate")
        and a.dimension == "total"
        and a.date_range.start >= first
        and a.date_range.start < first + dt.timedelta(days=5)
    ]

    assert during
    assert all(a.is_tracking_problem and a.type is AnomalyType.OUTLIER for a in during)
    assert all(a.money_at_stake is None for a in during)


def test_health_is_the_sum_of_its_parts(insights):
    assert insights.health_score == round(sum(part.points for part in insights.health.parts))
    assert sum(part.most for part in insights.health.parts) == pytest.approx(100)
    assert all(0 <= part.points <= part.most for part in insights.health.parts)


def test_breakdowns_add_up(insights):
    found = [b for a in insights.anomalies for b in a.breakdowns]

    assert found
    for breakdown in found:
        change = breakdown.after - breakdown.before
        assert sum(part.amount for part in breakdown.parts) == pytest.approx(change, rel=1e-6)
        assert sum(part.share for part in breakdown.parts) == pytest.approx(1, rel=1e-6)


def test_headline_figures_are_the_sums_of_the_data(insights, world):
    outcomes = world.frames["outcomes"]
    inside = outcomes["date"].between(pd.Timestamp(START), pd.Timestamp(END))
    revenue = outcomes[inside & (outcomes["metric"] == "revenue")]["value"].sum()
    found = next(metric for metric in insights.key_metrics if metric.metric == "revenue")

    assert found.value == pytest.approx(revenue)
    assert found.days_known == 30


def test_the_summary_says_facts_and_only_facts(insights):
    facts = {fact.id: fact for fact in insights.facts}

    assert 2 <= len(insights.summary.sentences) <= 3
    said = " ".join(insights.summary.sentences).lower()
    assert all(facts[i].clause.lower() in said for i in insights.summary.facts)
    figures = set(re.findall(r"\d[\d.,]*", said))
    known = set(re.findall(r"\d[\d.,]*", " ".join(f.clause for f in facts.values())))
    assert {figure.rstrip(".,") for figure in figures} <= {k.rstrip(".,") for k in known}


def test_aliases_stand_for_elements_and_never_hold_a_name(insights):
    assert all(re.fullmatch(r"E\d+", fact.alias) for fact in insights.facts if fact.alias)


def test_a_muted_series_is_not_heard_of(sources, circumstances, insights):
    muted = insights.anomalies[0].series
    quiet = Circumstances("USD", NOW, circumstances.occasions, frozenset({muted}))

    found = analyse(sources, START, END, quiet)

    assert muted not in {a.series for a in found.anomalies} | {t.series for t in found.trends}
    assert found.coverage.muted == 1


def test_days_that_are_not_there_yet_are_late_and_no_drop(sources, circumstances):
    early = sources.outcomes[sources.outcomes["date"] < pd.Timestamp(END) - pd.Timedelta(days=1)]
    late = Sources(sources.spend, early, sources.customers, sources.touchpoints)

    found = analyse(late, START, END, circumstances)

    gap = next(a for a in found.anomalies if "late" in a.title)
    assert gap.is_tracking_problem
    assert gap.date_range.start == END - dt.timedelta(days=1)
    assert gap.severity is Severity.CRITICAL
    last_days = [
        one
        for one in found.anomalies
        if one.metric in ("revenue", "orders") and one.date_range.end >= gap.date_range.start
    ]
    assert last_days == [gap]


def test_a_day_loaded_before_it_is_over_is_incomplete_and_no_drop(sources, circumstances):
    outcomes = sources.outcomes.copy()
    outcomes.loc[outcomes["date"] == pd.Timestamp(END), "value"] *= 0.3
    partial = Sources(sources.spend, outcomes, sources.customers, sources.touchpoints)

    found = analyse(partial, START, END, circumstances)

    totals = [
        a
        for a in found.anomalies
        if a.dimension == "total"
        and a.metric in ("revenue", "orders", "sessions")
        and a.date_range.end == END
    ]
    assert {a.metric for a in totals} == {"revenue", "orders", "sessions"}
    assert all(a.is_tracking_problem and "incomplete" in a.title for a in totals)


def test_results_survive_json(insights):
    assert AIInsightsData.model_validate_json(insights.model_dump_json()) == insights


def test_too_little_data_are_refused_with_what_is_there(sources, circumstances):
    few = sources.outcomes[sources.outcomes["date"] > pd.Timestamp(END) - pd.Timedelta(days=10)]
    nothing = sources.spend.iloc[:0]
    short = Sources(nothing, few, sources.customers.iloc[:0], sources.touchpoints.iloc[:0])

    with pytest.raises(NotEnoughDataError, match="10 days of data; insights need at least 28"):
        analyse(short, START, END, circumstances)


def test_every_frame_says_when_it_fits():
    assert all(frame.meaning and "{0}" in frame.template for frame in FRAMES.values())
