"""Source data come back as they were written: all batches or none, the last row of a key."""

import datetime as dt
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from apportion.errors import DataError, ParameterError
from apportion.frames import CONTROLS, DATASETS, TOUCHPOINTS, conform
from apportion.store import Coverage
from store.examples import rows

DAY = dt.date(2024, 3, 1)

names = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]))
controls = st.dictionaries(names, st.floats(allow_nan=False, allow_infinity=False), max_size=5)

fresh_days = itertools.count()


def _controls(values: dict[str, float], day: dt.date = DAY) -> pd.DataFrame:
    frame = {"date": [day] * len(values), "name": values.keys(), "value": values.values()}
    return conform(pd.DataFrame(frame), CONTROLS)


def _touchpoints(**columns: list[str]) -> pd.DataFrame:
    return conform(pd.DataFrame({"customer_id": "c", "channel": "meta", **columns}), TOUCHPOINTS)


@pytest.mark.parametrize("name", DATASETS)
def test_a_dataset_comes_back_as_it_was_written(tenant, name):
    written = rows()[name]
    if name == "order_items":
        tenant.write("conversions", [rows()["conversions"]])

    assert tenant.write(name, [written]) == 1

    assert_frame_equal(getattr(tenant, name)(), written)


@pytest.mark.parametrize("name", DATASETS)
def test_a_dataset_without_rows_comes_back_with_its_columns_and_types(tenant, name):
    assert_frame_equal(getattr(tenant, name)(), rows()[name].iloc[:0])
    assert tenant.covers(name) == Coverage(0, None, None)


@given(values=controls)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_and_any_float_come_back_exactly(tenant, values):
    day = DAY + dt.timedelta(days=next(fresh_days))
    tenant.write("controls", [_controls(values, day)])

    found = tenant.controls(day, day)

    assert found["value"].isin(list(values.values())).all()
    assert values.items() <= dict(zip(found["name"], found["value"], strict=True)).items()


def test_missing_counts_and_amounts_stay_missing(tenant):
    events = rows()["events"].assign(expected_effect=np.nan)
    tenant.write("events", [events])
    tenant.write("spend", [rows()["spend"]])

    assert tenant.events()["expected_effect"].isna().all()
    assert tenant.spend()[["impressions", "clicks"]].isna().all(axis=None)


def test_a_row_of_a_known_key_replaces_it(tenant):
    tenant.write("controls", [_controls({"price": 1, "index": 1})])

    tenant.write("controls", [_controls({"price": 2})])

    assert tenant.controls()["value"].tolist() == [1.0, 2.0]


def test_the_last_row_of_a_key_wins_within_and_between_batches(tenant):
    first = pd.concat([_controls({"price": 1, "index": 1}), _controls({"price": 2})])

    written = tenant.write("controls", [first, _controls({"index": 3})])

    assert written == 4
    assert tenant.controls()["value"].tolist() == [3.0, 2.0]


def test_an_exception_between_batches_undoes_all_of_them(tenant):
    tenant.write("controls", [_controls({"price": 1})])

    def broken():
        yield _controls({"price": 2, "new": 2})
        raise RuntimeError("the file ends here")

    with pytest.raises(RuntimeError, match="the file ends here"):
        tenant.write("controls", broken())

    assert tenant.controls()["value"].tolist() == [1.0]


def test_rows_of_several_datasets_are_counted_together(tenant):
    told: list[int] = []

    written = tenant.write_all(((name, [row]) for name, row in rows().items()), told.append)

    assert written == 7
    assert told == [1, 2, 3, 4, 5, 6, 7]


def test_an_exception_in_one_dataset_undoes_the_others(tenant):
    items = rows()["order_items"].assign(order_id="unknown")

    with pytest.raises(DataError):
        tenant.write_all([("spend", [rows()["spend"]]), ("order_items", [items])])

    assert tenant.spend().empty


def test_what_is_written_so_far_is_told_after_each_batch(tenant):
    told: list[int] = []
    batches = [_controls({"a": 1, "b": 1}), _controls({"a": 2})]

    tenant.write("controls", batches, told.append)

    assert told == [2, 3]


def test_a_large_batch_is_cut(tenant, monkeypatch):
    monkeypatch.setattr("apportion.store.bulk.BATCH_ROWS", 2)
    told: list[int] = []

    tenant.write("controls", [_controls(dict.fromkeys("abcde", 1.0))], told.append)

    assert told == [2, 4, 5]
    assert len(tenant.controls()) == 5


def test_items_of_unknown_orders_are_refused_by_name(tenant):
    tenant.write("conversions", [rows()["conversions"]])
    item = rows()["order_items"]
    items = pd.concat([item, *(item.assign(order_id=f"x{number}") for number in range(7))])

    with pytest.raises(DataError, match=r"7 orders .* not among the conversions: x0, x1, .*, …"):
        tenant.write("order_items", [items])

    assert tenant.order_items().empty


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (_controls({"price": 1}).drop(columns="value"), "needs the columns value"),
        (_controls({"price": float("inf")}), "must be finite"),
        (_controls({"pri\0ce": 1}), "NUL character"),
    ],
    ids=["column absent", "infinite", "NUL"],
)
def test_a_frame_that_does_not_fit_is_refused(tenant, frame, message):
    with pytest.raises(DataError, match=message):
        tenant.write("controls", [_controls({"good": 1}), frame])

    assert tenant.controls().empty


def test_an_unknown_dataset_is_refused_with_the_known_ones(tenant):
    with pytest.raises(ParameterError, match="'sales'; the datasets are spend, outcomes"):
        tenant.write("sales", [])
    with pytest.raises(ParameterError, match="'sales'"):
        tenant.covers("sales")


def test_a_day_is_a_day_where_the_tenant_is(tenant):
    late = ["2024-03-01T22:59:59.999Z", "2024-03-01T23:00:00.000Z", "2024-03-02T22:59:59.000Z"]
    tenant.write("touchpoints", [_touchpoints(touchpoint_id=list("abc"), timestamp=late)])

    assert tenant.touchpoints(end=DAY)["touchpoint_id"].tolist() == ["a"]
    assert tenant.touchpoints(start=dt.date(2024, 3, 2))["touchpoint_id"].tolist() == ["b", "c"]
    assert tenant.covers("touchpoints") == Coverage(3, DAY, dt.date(2024, 3, 2))


def test_both_ends_of_a_date_range_are_included(tenant):
    days = [DAY + dt.timedelta(days=number) for number in range(4)]
    for number, day in enumerate(days):
        tenant.write("controls", [_controls({"price": number}, day)])

    assert tenant.controls(days[1], days[2])["value"].tolist() == [1.0, 2.0]
    assert tenant.controls(pd.Timestamp(days[3]))["value"].tolist() == [3.0]
    assert tenant.covers("controls") == Coverage(4, days[0], days[3])


def test_an_event_counts_on_each_of_its_days(tenant):
    tenant.write("events", [rows()["events"]])
    first, last = DAY, DAY + dt.timedelta(days=1)

    assert len(tenant.events(last, last)) == 1
    assert tenant.events(last + dt.timedelta(days=1)).empty
    assert tenant.events(end=first - dt.timedelta(days=1)).empty
    assert tenant.covers("events") == Coverage(1, first, last)


def test_items_are_bought_on_the_day_of_their_order(tenant):
    tenant.write_all((name, [rows()[name]]) for name in ("conversions", "order_items"))

    assert len(tenant.order_items(DAY, DAY)) == 1
    assert tenant.order_items(end=DAY - dt.timedelta(days=1)).empty
    assert tenant.covers("order_items") == Coverage(1, DAY, DAY)


def test_rows_come_in_order_of_time_or_key_the_same_on_every_database(tenant):
    keys = ["b", "B", "a", "ä", "A", "_"]
    moments = [f"2024-03-0{number}T00:00:00Z" for number in (3, 1, 2, 6, 5, 4)]
    tenant.write("touchpoints", [_touchpoints(touchpoint_id=keys, timestamp=moments)])
    tenant.write("controls", [_controls(dict.fromkeys(keys, 1.0))])

    assert tenant.touchpoints()["touchpoint_id"].tolist() == ["B", "a", "b", "_", "A", "ä"]
    assert tenant.controls()["name"].tolist() == ["A", "B", "_", "a", "b", "ä"]


def test_a_frame_read_in_parts_is_one_frame(tenant, monkeypatch):
    monkeypatch.setattr("apportion.store.source_data._READ_ROWS", 2)
    written = _controls(dict.fromkeys("abcde", 1.0))
    tenant.write("controls", [written])

    assert_frame_equal(tenant.controls(), written)


def test_importing_an_order_again_keeps_its_items(tenant):
    tenant.write_all((name, [rows()[name]]) for name in ("conversions", "order_items"))

    tenant.write("conversions", [rows(2)["conversions"]])

    assert len(tenant.order_items()) == 1
    assert tenant.conversions()["revenue"].tolist() == [2.0]
