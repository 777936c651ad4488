"""The whole analysis: against plain loops, its sums, its filters, a known truth, odd data."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from apportion.journeys import snapshot
from apportion.journeys.analysis import analyse
from apportion.journeys.credit import RULES
from apportion.journeys.detail import customer_journeys
from apportion.journeys.shares import JourneyWeights
from apportion.results.journeys import AttributionModel, AttributionSettings, JourneyResults
from journeys.slow_paths import slow_paths
from journeys.tables import NOON, conversions, days, random_world, records, touchpoints
from journeys.walks import removal_effects

SETTINGS = AttributionSettings(window_days=14, half_life_days=5, endpoint_share=0.3)
TRAINED = (AttributionModel.MARKOV, AttributionModel.SHAPLEY)
ITEMS = pd.DataFrame(columns=["order_id", "product", "quantity", "unit_price"])
WORLD = random_world(seed=21, size=1500, orders=400, customers=150)
FILTERS = pytest.mark.parametrize("customer", [None, "new", "returning"])


PATHS = slow_paths(*WORLD, SETTINGS.window_days)


def paths_of(customer=None):
    return [path for path in PATHS if customer in (None, "new" if path.is_new else "returning")]


def credits(results, dimension, model):
    (table,) = [table for table in results.credit if table.dimension == dimension]
    return {
        (row.channel, row.name): next(one for one in row.credits if one.model is model)
        for row in table.rows
    }


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tenant")
    snapshot.write(folder, [WORLD[0]], [WORLD[1]], fingerprint="as tested")
    with snapshot.read(folder) as opened:
        return {
            customer: analyse(opened, SETTINGS, customer=customer) for customer in FILTERS.args[1]
        }


@FILTERS
def test_path_analysis_is_that_of_plain_loops(results, customer):
    converted = [path for path in paths_of(customer) if path.converted]
    hours = [path.hours[0] for path in converted if path.hours]

    found = results[customer].paths

    assert found.conversions == len(converted)
    assert found.direct_conversions == sum(not path.hours for path in converted)
    assert found.avg_touchpoints == pytest.approx(
        np.mean([len(path.channels) for path in converted])
    )
    assert found.avg_time_to_conversion == pytest.approx(np.mean(hours))
    assert {one.length: one.count for one in found.path_length_distribution} == Counter(
        len(path.channels) for path in converted
    )


@FILTERS
def test_common_paths_are_the_most_frequent_ones(results, customer):
    converted = [path for path in paths_of(customer) if path.converted]
    counted = Counter(path.channels for path in converted)
    every = Counter(path.channels for path in paths_of())

    found = results[customer].paths.common_paths

    assert [one.count for one in found] == [count for _, count in counted.most_common(10)]
    for one in found:
        values = [path.revenue for path in converted if path.channels == one.path]
        assert one.count == counted[one.path]
        assert one.avg_order_value == pytest.approx(np.mean(values))
        assert one.conversion_rate == (None if customer else one.count / every[one.path])


def test_collapsed_paths_take_repeats_as_one(results):
    counted = Counter(
        tuple(
            channel
            for place, channel in enumerate(path.channels)
            if place == 0 or channel != path.channels[place - 1]
        )
        for path in paths_of()
        if path.converted
    )

    found = results[None].paths.collapsed_paths

    assert [one.count for one in found] == [count for _, count in counted.most_common(10)]
    assert all(one.count == counted[one.path] for one in found)


def test_flows_are_those_of_plain_loops(results):
    expected = Counter()
    for path in paths_of():
        if path.channels == ("direct",) and path.converted:
            continue
        expected.update(zip([None, *path.channels], path.channels, strict=False))
        expected[path.channels[-1], None, path.converted] += 1

    found = {
        (flow.source, flow.target)
        if flow.target is not None
        else (flow.source, None, flow.converted): flow.count
        for flow in results[None].paths.flows
    }

    assert found == expected


@FILTERS
@pytest.mark.parametrize("model", AttributionModel)
@pytest.mark.parametrize("dimension", ["channel", "campaign", "device", "customer"])
def test_credit_sums_to_all_conversions_and_all_revenue(results, customer, model, dimension):
    converted = [path for path in paths_of(customer) if path.converted]

    found = credits(results[customer], dimension, model).values()

    assert sum(one.conversions for one in found) == pytest.approx(len(converted))
    assert sum(one.revenue for one in found) == pytest.approx(
        sum(path.revenue for path in converted)
    )
    assert sum(one.percent for one in found) == pytest.approx(100)


@pytest.mark.parametrize("model", RULES)
def test_rule_credits_channels_as_journey_by_journey(results, model):
    options = {
        AttributionModel.POSITION_BASED: {"endpoint_share": SETTINGS.endpoint_share},
        AttributionModel.TIME_DECAY: {"half_life": 24 * SETTINGS.half_life_days},
    }
    expected = Counter()
    for path in paths_of():
        if path.converted:
            shares = RULES[model](path.hours or [0.0], **options.get(model, {}))
            expected.update(
                {
                    channel: shares[[place == channel for place in path.channels]].sum()
                    for channel in set(path.channels)
                }
            )

    found = credits(results[None], "channel", model)

    assert {name: one.conversions for (_, name), one in found.items()} == pytest.approx(expected)


@pytest.fixture(scope="module")
def journeys(results):
    touched, bought = WORLD
    return customer_journeys(
        bought["order_id"],
        conversions=records(bought),
        touchpoints=records(touched),
        order_items=records(ITEMS),
        settings=SETTINGS,
        weights=JourneyWeights(results[None].trained),
    )


@pytest.mark.parametrize("dimension", ["channel", "device"])
@pytest.mark.parametrize("customer", ["new", None])
@pytest.mark.parametrize("model", AttributionModel)
def test_totals_are_the_sum_over_single_journeys(results, journeys, model, customer, dimension):
    units, revenue = Counter(), Counter()
    for journey in journeys:
        if customer is None or journey.is_new_customer:
            for one in journey.touchpoints:
                share = one.credit_by_model[model] / 100
                units[getattr(one, dimension)] += share
                revenue[getattr(one, dimension)] += share * journey.order_total

    found = credits(results[customer], dimension, model)

    assert {name: one.conversions for (_, name), one in found.items()} == pytest.approx(units)
    assert {name: one.revenue for (_, name), one in found.items()} == pytest.approx(revenue)


def test_ordered_shapley_sums_to_the_channels_shapley_credit(results):
    found = credits(results[None], "channel", AttributionModel.SHAPLEY)

    for one in results[None].positions:
        assert sum(one.conversions) == pytest.approx(found[None, one.channel].conversions)


def test_difference_is_from_last_touch(results):
    last = credits(results[None], "channel", AttributionModel.LAST_TOUCH)

    for model in AttributionModel:
        for name, one in credits(results[None], "channel", model).items():
            assert one.conversions_difference == pytest.approx(
                one.conversions - last[name].conversions
            )
            assert one.revenue_difference == pytest.approx(one.revenue - last[name].revenue)


def test_only_what_is_learnt_has_an_interval(results):
    for model in AttributionModel:
        for one in credits(results[None], "channel", model).values():
            assert (one.conversions_interval is not None) == (model in TRAINED)
            assert (one.revenue_interval is not None) == (model in TRAINED)


@pytest.mark.parametrize("model", TRAINED)
def test_interval_holds_the_estimate(results, model):
    for one in credits(results[None], "channel", model).values():
        spread = one.conversions_interval
        assert spread.lower - 1e-6 <= one.conversions <= spread.upper + 1e-6


def test_results_survive_json(results):
    assert JourneyResults.model_validate_json(results[None].model_dump_json()) == results[None]


def test_same_seed_gives_the_same_weights(opened):
    tenant = opened(*random_world(seed=4))

    first, second = (analyse(tenant, SETTINGS).trained for _ in range(2))

    assert first == second


@pytest.mark.parametrize("order", [1, 2])
def test_removal_effects_are_those_of_the_paths_written_out(opened, order):
    settings = SETTINGS.model_copy(update={"markov_order": order})

    trained = analyse(opened(*WORLD), settings).trained

    number = {name: place for place, name in enumerate(trained.players)}
    recorded = [path for path in PATHS if path.channels != ("direct",)]
    written = [
        ([number[name] for name in path.channels], int(path.converted), int(not path.converted))
        for path in recorded
    ]
    effects = removal_effects(written, channels=len(number), order=order)
    assert {each.channel: each.removal_effect for each in trained.channels} == pytest.approx(
        dict(zip(trained.players, effects, strict=True))
    )


@pytest.mark.parametrize("order", [1, 2])
def test_channel_that_converts_gets_more_than_one_that_only_appears(opened, order):
    # Email makes half of its paths convert; display is added at random and changes nothing.
    rng = np.random.default_rng(0)
    rows, orders = [], []
    for number in range(3000):
        path = [channel for channel in ("meta", "email", "display") if rng.random() < 0.5]
        chance = 0.05 + 0.45 * ("email" in path)
        times = [NOON + days(number / 100 + place / 50) for place in range(len(path))]
        rows += [
            (f"t{number}-{place}", f"c{number}", times[place], channel)
            for place, channel in enumerate(path)
        ]
        if path and rng.random() < chance:
            orders.append((f"o{number}", f"c{number}", times[-1] + days(0.01), 50.0))

    settings = AttributionSettings(window_days=7, markov_order=order)
    results = analyse(opened(touchpoints(*rows), conversions(*orders)), settings)

    for model in TRAINED:
        found = credits(results, "channel", model)
        linear = credits(results, "channel", AttributionModel.LINEAR)
        assert found[None, "email"].conversions_interval.lower > linear[None, "email"].conversions
    shapley = credits(results, "channel", AttributionModel.SHAPLEY)
    linear = credits(results, "channel", AttributionModel.LINEAR)
    assert shapley[None, "display"].conversions_interval.upper < linear[None, "display"].conversions


def test_no_data_give_empty_tables(opened):
    found = analyse(opened(touchpoints(), conversions()), SETTINGS)

    assert found.paths.conversions == 0
    assert found.paths.avg_touchpoints is None
    assert found.paths.avg_time_to_conversion is None
    assert [table.rows for table in found.credit] == [(), (), (), ()]


def test_touchpoints_without_conversions_give_empty_tables(opened):
    found = analyse(opened(touchpoints(("t1", "ann", NOON, "meta")), conversions()), SETTINGS)

    assert found.paths.other_paths == 1
    assert [table.rows for table in found.credit] == [(), (), (), ()]


def test_conversions_without_touchpoints_are_all_direct(opened):
    found = analyse(opened(touchpoints(), conversions(("o1", "ann", NOON, 30))), SETTINGS)

    for model in AttributionModel:
        assert credits(found, "channel", model)[None, "direct"].revenue == pytest.approx(30)


def test_more_channels_than_the_models_tell_apart_are_still_credited_each(opened):
    names = [f"channel {number:02}" for number in range(30)]
    touched = touchpoints(
        *(
            (f"t{number}", f"c{number // 3}", NOON + days(number / 100), names[number % 30])
            for number in range(600)
        )
    )
    bought = conversions(
        *((f"o{number}", f"c{number}", NOON + days(7), 10.0) for number in range(0, 200, 2))
    )

    found = analyse(opened(touched, bought), AttributionSettings(window_days=30))

    for model in AttributionModel:
        rows = credits(found, "channel", model)
        assert sum(one.conversions for one in rows.values()) == pytest.approx(100)
    assert len(found.trained.players) == 14
    assert len(found.trained.rest) == 17
