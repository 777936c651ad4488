"""The hand-written density and gradient are those of the PyMC model, its definition."""

from dataclasses import replace

import numpy as np
import pytest

from apportion.mmm import density, model, native
from apportion.mmm.lifts import Lift
from apportion.mmm.priors import ChannelPrior
from mmm.companies import company, daily_company

WEEKS = 40


def plain():
    return company(3, weeks=WEEKS, channels=2).data


def told():
    """Every kind of thing that a model can be told: settings, an organic channel, two tests."""
    rng = np.random.default_rng(4)
    data = company(5, weeks=WEEKS, channels=3).data
    counted = np.zeros(WEEKS)
    counted[20:26], counted[26] = 1.0, 0.4
    dark = np.where(counted > 0, data.spend[:, 1] * (1 - counted), data.spend[:, 1])
    more = data.spend[:, 0] * (1 + counted)
    return replace(
        data,
        priors=(
            ChannelPrior(roi_log_mean=0.5, roi_log_sd=0.4, allowance_mean=0.02, allowance_sd=0.02),
            ChannelPrior(retention_a=4.0, retention_b=4.0, peak=2.0),
            ChannelPrior(allowance_mean=0.0, allowance_sd=0.003),
        ),
        organic=("newsletter",),
        volume=rng.uniform(1, 5, (WEEKS, 1)),
        lifts=(
            Lift("off", 1, data.spend[:, 1], dark, counted, 2e5, 5e4),
            Lift("on", 0, more, data.spend[:, 0], counted, 1e5, 3e4),
        ),
    )


def by_day():
    """The same by day, with noise that goes on."""
    rng = np.random.default_rng(6)
    data = daily_company(5, weeks=6, channels=2).data
    days = data.rows.size
    counted = np.zeros(days)
    counted[20:29] = 1.0
    rows = replace(
        data.daily,
        autoregression=np.array([0.5, -0.1, 0.2]),
        volume=rng.uniform(1, 5, (days, 1)),
    )
    dark = rows.spend[:, 1] * (1 - counted)
    return replace(
        data,
        daily=rows,
        priors=(ChannelPrior(peak=2.0), ChannelPrior(retention_a=4.0, retention_b=4.0)),
        organic=("newsletter",),
        lifts=(Lift("off", 1, rows.spend[:, 1], dark, counted, 2e4, 5e3),),
    )


CASES = {"plain": plain, "told everything": told, "by day": by_day}


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES)
def both(request):
    """Give a point's log density and gradient by PyMC, and the arguments of the hand-written."""
    data = request.param()
    built = model.build(data)
    # Interpreted: compiling would take longer than all of these tests.
    value = built.compile_logp(mode="FAST_COMPILE")
    gradient = built.compile_dlogp(mode="FAST_COMPILE")
    channels = len(data.channels) + len(data.organic)
    names = [variable.name for variable in built.value_vars]

    def at(point):
        blocks = point[: 4 * channels].reshape(4, channels)
        named = dict(zip(names, [*blocks, np.array(point[-1])], strict=True))
        return float(value(named)), gradient(named)

    return at, density.arguments(data), 4 * channels + 1


def points(size, count=6):
    rng = np.random.default_rng(size)
    for _ in range(count):
        point = rng.normal(0, 1.2, size)
        point[-1] -= 2.5
        yield point


def test_densities_differ_by_the_same_constant_everywhere(both):
    by_pymc, arguments, size = both

    differences = [
        by_pymc(point)[0] - density.density(point, *arguments)[0] for point in points(size)
    ]

    assert differences == pytest.approx([differences[0]] * len(differences), rel=1e-9)


def test_gradients_are_equal(both):
    by_pymc, arguments, size = both

    for point in points(size):
        expected = by_pymc(point)[1]
        assert density.density(point, *arguments)[1] == pytest.approx(
            expected, rel=1e-8, abs=1e-8 * np.abs(expected).max()
        )


def test_what_the_sampler_gets_is_the_density_at_the_same_address(both):
    _, arguments, size = both
    block = density.packed(arguments)

    for point in points(size):
        value, gradient = native.density_of(block, point)
        expected = density.density(point, *arguments)
        assert value == pytest.approx(expected[0], rel=1e-12)
        assert gradient == pytest.approx(expected[1], rel=1e-9, abs=1e-9)


def test_a_week_without_any_spend_has_a_finite_gradient():
    data = plain()
    spend = data.spend.copy()
    spend[:20, 0] = 0
    value, gradient = density.density(np.zeros(9), *density.arguments(replace(data, spend=spend)))

    assert np.isfinite(value)
    assert np.isfinite(gradient).all()
