"""A lift test says what was done, where, and how much it brought; what contradicts is refused."""

import datetime as dt

import pytest
from pydantic import ValidationError

from apportion.results.base import Interval
from apportion.results.calibration import Direction, LiftTest


def lift_test(**changes):
    given = {
        "id": "1",
        "name": "Meta pause",
        "channel": "meta",
        "start": dt.date(2026, 3, 2),
        "end": dt.date(2026, 3, 29),
        "outcome_share": 0.25,
        "lift": 0.05,
        "lift_interval": Interval(lower=0.01, upper=0.09),
        "incremental_outcome": 1000.0,
        "incremental_outcome_interval": Interval(lower=200.0, upper=1800.0),
        "direction": Direction.OFF,
    }
    return LiftTest(**given | changes)


def test_days_and_standard_error():
    test = lift_test()

    assert test.days == 28
    assert test.standard_error == pytest.approx(800 / 1.6449, rel=1e-4)


def test_json_round_trip():
    test = lift_test(direction=Direction.ON, spend_factor=2.5)

    assert LiftTest.model_validate_json(test.model_dump_json(by_alias=True)) == test


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"end": dt.date(2026, 3, 1)}, "before it starts"),
        ({"incremental_outcome_interval": Interval(lower=1.0, upper=1.0)}, "no width"),
        ({"direction": Direction.ON}, "cannot have 0.0 times"),
        ({"spend_factor": None}, "cannot have None times"),
        ({"spend_factor": 1.0}, "cannot have 1.0 times"),
        ({"outcome_share": 0.0}, "greater than 0"),
        ({"outcome_share": 1.2}, "less than or equal to 1"),
    ],
)
def test_contradictions_are_refused(changes, word):
    with pytest.raises(ValidationError, match=word):
        lift_test(**changes)
