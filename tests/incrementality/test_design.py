"""Design and power: what is promised, what is refused, and that a draw can be made again."""

import datetime as dt

import numpy as np
import pytest

from apportion.errors import NotEnoughDataError
from apportion.incrementality import design
from apportion.incrementality.checks import Event, before_start
from apportion.incrementality.frame import frame
from apportion.incrementality.planning import draw, find_designs, power_check, ranked
from apportion.incrementality.power import LIFTS, PowerCurve, power_curve, windows
from apportion.incrementality.readout import read_out
from apportion.incrementality.synthetic_control import fit_sets
from apportion.results.calibration import Direction
from apportion.results.mmm import CheckLevel
from incrementality.panels import NOW, experiment, simulated, with_effect

START = dt.date(2021, 4, 15)
FOUR = ("r03", "r11", "r20", "r31")
SETTINGS = {"size": 4, "days": 14, "baseline_days": 90, "longest": 28, "seed": 1}


def search_of(data, **settings):
    values = {
        "direction": Direction.ON,
        "metric": "orders",
        "minimum_effect_percent": 10,
        "baseline_days": 90,
        "daily_spend": np.full(len(data.regions), 100.0),
        "spend_factor": 2.0,
        "seed": 1,
        "lengths": (14,),
    }
    return find_designs(data, START, **{**values, **settings})


def codes(found, level=CheckLevel.REFUSE):
    return {check.code for check in found if check.level is level}


def checks_of(on, data, **settings):
    found = frame(on, data)
    fits = fit_sets(found.baseline.values, found.members)
    return before_start(found, fits, None, **settings)


def test_power_rises_with_the_lift_and_is_alpha_without_one():
    found = power_check(experiment(simulated(1), FOUR), simulated(1))

    powers = [point.power for point in found.curve]
    assert powers == sorted(powers)
    assert powers[0] <= 0.1
    assert powers[-1] == 1
    assert found.windows == 6


def test_minimum_effect_at_the_mde_has_just_enough_power():
    on = experiment(simulated(1), FOUR)
    mde = power_check(on, simulated(1)).mde_percent

    at, below = (
        power_check(on.model_copy(update={"minimum_effect_percent": each}), simulated(1))
        for each in (mde, 0.9 * mde)
    )

    assert at.is_sufficient
    assert at.power == pytest.approx(0.8)
    assert not below.is_sufficient
    assert at.mde_lowest_percent <= mde <= at.mde_highest_percent


def test_claimed_power_is_the_lower_quartile_of_the_windows():
    rows = np.array([[0.0, 0.2], [0.0, 0.5], [0.0, 0.9], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0]])
    curve = PowerCurve(np.array([0.0, 0.1]), rows)

    assert curve.at(0.1) == 0.5
    assert np.isnan(curve.mde)


def test_power_counts_the_sets_that_broke_in_a_window():
    """A pool chosen on all days lacks them, and so promises too much."""
    found = {power_curve: [], design.pool_power: []}
    for seed in range(8):
        history = simulated(seed, days=90, kind="break").values
        members = design.make_pool(history, 2, 90, seed=1).members
        for power, claims in found.items():
            curve = power(history, members, 21, np.random.default_rng(1), baseline_days=90)
            claims.append(curve.at(0.1))

    with_hindsight, anew = map(np.mean, found.values())

    assert anew < with_hindsight


def test_power_does_not_look_at_the_test_itself():
    data = simulated(1)
    on = experiment(data, FOUR)

    assert power_check(on, data) == power_check(on, with_effect(data, on, 0.5))


def test_no_power_is_promised_for_a_single_region():
    found = power_check(experiment(simulated(1), FOUR[:1]), simulated(1))

    assert not found.is_sufficient
    assert found.mde_percent is None
    assert found.curve == ()


def test_history_too_short_to_replay_gives_no_power():
    data = simulated(1, days=50)

    assert power_check(experiment(data, FOUR, pre_test_days=36), data) is None
    assert windows(41, 14, 90).size == 0


def test_search_puts_the_most_powerful_first_and_reports_progress():
    seen = []
    found = search_of(simulated(1), on_progress=lambda fraction, _: seen.append(fraction))

    powers = [round(option.power, 1) for option in found.options]
    assert powers == sorted(powers, reverse=True)
    assert {option.size for option in found.options} == {2, 3, 4, 5, 6, 8}
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_drawn_set_can_be_drawn_again_and_comes_from_the_pool():
    data = simulated(1)

    first, again, other = (draw(data, START, draw_seed=seed, **SETTINGS) for seed in (7, 7, 8))

    assert first == again
    assert first.pool == other.pool
    assert first.drawn != other.drawn
    assert len(first.pool) == design.KEPT
    assert first.drawn == int(np.random.default_rng(7).integers(len(first.pool)))


def test_pool_fits_better_than_random_sets():
    data = simulated(1).values[:90]
    some = design.candidates(40, 4, np.random.default_rng(5))

    pool = design.make_pool(data, 4, 90, seed=1)

    assert np.median(pool.fits.rmse) < np.median(fit_sets(data, some).rmse)


def test_regions_can_be_forced_in_and_out():
    drawn = draw(
        simulated(1), START, draw_seed=1, forced=["r05"], excluded=["r00", "r01"], **SETTINGS
    )

    place = {region: number for number, region in enumerate(drawn.regions)}
    assert all(place["r05"] in each for each in drawn.pool)
    assert not any({place["r00"], place["r01"]} & set(each) for each in drawn.pool)
    assert {"r00", "r01"} <= set(drawn.regions)


def test_impossible_set_is_refused():
    with pytest.raises(ValueError, match="no set of 2 regions has 3 forced in"):
        design.candidates(40, 2, np.random.default_rng(0), forced=[0, 1, 2])


def test_drawn_set_is_read_out_among_its_pool_and_is_exact():
    data = simulated(1)
    drawn = draw(data, START, draw_seed=3, **SETTINGS)
    changed = tuple(drawn.regions[place] for place in drawn.pool[drawn.drawn])
    on = experiment(data, changed, start=START, design=drawn)

    found = read_out(on, data, at=NOW)

    assert found.is_exact
    assert found.reference_sets == len(drawn.pool)
    assert not read_out(experiment(data, FOUR, start=START, design=drawn), data, at=NOW).is_exact


def test_sets_of_a_pool_are_ranked_with_cost_and_fit():
    data = simulated(1)
    search = search_of(data)
    option = next(each for each in search.options if each.size == 4)

    sets = ranked(
        data,
        START,
        option,
        search,
        daily_spend=np.full(40, 100.0),
        spend_factor=0.0,
        longest=14,
    )

    powers = [round(each.power, 3) for each in sets]
    assert powers == sorted(powers, reverse=True)
    assert {each.spend_change for each in sets} == {4 * 100.0 * 14}
    assert sets[0].fit_percent < sets[-1].fit_percent


def test_region_with_zeros_is_left_out_of_every_design():
    data = simulated(4, kind="zeros")

    found = search_of(data)

    assert len(found.left_out) == 4
    assert not set(found.left_out) & set(found.regions)


def test_too_few_regions_or_days_are_refused():
    data = simulated(1)

    with pytest.raises(NotEnoughDataError, match=r"9 regions .* at least 10"):
        search_of(data.of(data.regions[:9]))
    with pytest.raises(NotEnoughDataError, match="too few to replay"):
        search_of(data.between(START - dt.timedelta(days=30), START))


@pytest.mark.parametrize(
    ("changed", "settings", "code"),
    [
        (FOUR, {"days": 5}, "short_test"),
        (tuple(f"r{number:02d}" for number in range(21)), {}, "few_donors"),
    ],
)
def test_what_cannot_be_tested_is_refused(changed, settings, code):
    data = simulated(1)

    assert code in codes(checks_of(experiment(data, changed, **settings), data))


def test_too_few_possible_sets_are_refused():
    data = simulated(1).of(simulated(1).regions[:12])

    assert "few_sets" in codes(checks_of(experiment(data, ("r03",)), data))


def test_region_in_another_running_experiment_is_refused_by_name():
    data = simulated(1)
    on = experiment(data, FOUR)
    other = Event("Spring test", on.start_date, on.end_date, ("r20", "elsewhere"))

    found = checks_of(on, data, running=[other])

    clash = next(check for check in found if check.code == "other_experiment")
    assert clash.level is CheckLevel.REFUSE
    assert clash.regions == ("r20",)
    assert "Spring test" in clash.message
    assert found[0] == clash


@pytest.mark.parametrize(
    ("changed", "settings", "code"),
    [
        (FOUR[:1], {}, "single_region"),
        (FOUR, {"days": 10}, "not_whole_weeks"),
        (FOUR, {"pre_test_days": 30}, "short_baseline"),
    ],
)
def test_what_costs_power_is_warned_of(changed, settings, code):
    data = simulated(1)

    assert code in codes(checks_of(experiment(data, changed, **settings), data), CheckLevel.CAUTION)


def test_badly_fitted_set_is_warned_of():
    data = simulated(1)
    day = np.arange(data.days)
    data.values[:, 3] *= 1 + 0.8 * np.sin(day / 5)
    on = experiment(data, ("r03", "r04"))

    found = codes(checks_of(on, data), CheckLevel.CAUTION)

    assert {"poor_fit"} <= found


def test_few_donors_are_warned_of():
    data = simulated(1).of(simulated(1).regions[:16])

    assert "few_donors" in codes(
        checks_of(experiment(data, (*FOUR[:1], "r11")), data), CheckLevel.CAUTION
    )


def test_lifts_that_are_injected_begin_with_none():
    assert LIFTS[0] == 0
    assert np.all(np.diff(LIFTS) > 0)
