"""Orders are listed and searched by index, with what led to them; analyses are versions."""

import datetime as dt

import pandas as pd
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, event

from apportion.errors import NotFoundError
from apportion.frames import CONVERSIONS, TOUCHPOINTS, conform
from apportion.store import journeys as journeys_store
from apportion.store.engine import TENANT_SETTING, create_engine
from store.examples import journey_results, rows

START = pd.Timestamp("2026-03-01T12:00Z")
MONTH = dt.timedelta(days=30)


def orders(count, **columns):
    """Give orders O-0, O-1, ... an hour apart, each of its own customer."""
    numbers = pd.Series(range(count)).astype(str)
    frame = {
        "order_id": "O-" + numbers,
        "customer_id": "c" + numbers,
        "timestamp": START + pd.to_timedelta(range(count), unit="h"),
        "revenue": 10.0,
        "email": "Person" + numbers + "@Mail.example",
        "is_new_customer": [number % 2 == 0 for number in range(count)],
    }
    return conform(pd.DataFrame({**frame, **columns}), CONVERSIONS)


def ids(found):
    return [row["order_id"] for row in found]


def test_orders_come_newest_first_and_no_more_than_asked(tenant):
    tenant.write("conversions", [orders(5)])

    assert ids(tenant.orders(limit=3)) == ["O-4", "O-3", "O-2"]


def test_orders_of_one_instant_come_by_id(tenant):
    tenant.write("conversions", [orders(3, timestamp=START)])

    assert ids(tenant.orders()) == ["O-2", "O-1", "O-0"]


@pytest.mark.parametrize(
    ("customer", "found"), [("new", ["O-4", "O-2", "O-0"]), ("returning", ["O-3", "O-1"])]
)
def test_orders_of_new_or_of_returning_customers(tenant, customer, found):
    tenant.write("conversions", [orders(5)])

    assert ids(tenant.orders(customer=customer)) == found
    assert ids(tenant.find_orders("o-", customer=customer)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("O-1", ["O-11", "O-10", "O-1"]),
        ("o-11", ["O-11"]),
        ("person7", ["O-7"]),
        ("PERSON7@mail.EXAMPLE", ["O-7"]),
        ("@mail", []),
        ("%", []),
        ("o_1", []),
        ("O-1' OR '1'='1", []),
    ],
    ids=["prefix", "small", "email", "capitals", "middle", "percent", "underscore", "quote"],
)
def test_a_search_finds_what_begins_so(tenant, text, found):
    tenant.write("conversions", [orders(12)])

    assert ids(tenant.find_orders(text)) == found


def test_an_order_that_matches_twice_is_found_once(tenant):
    tenant.write("conversions", [orders(1, email="o-0@mail.example")])

    assert ids(tenant.find_orders("o-0")) == ["O-0"]


@pytest.mark.parametrize(
    ("text", "found"), [("person1", []), ("Person1@mail.example", ["O-1"]), ("o-1", ["O-1"])]
)
def test_a_search_for_a_whole_address_does_not_complete_it(tenant, text, found):
    tenant.write("conversions", [orders(3)])

    assert ids(tenant.find_orders(text, whole_address=True)) == found


def test_letters_beyond_ascii_are_found_as_they_are_written(tenant):
    written = orders(2, order_id=["Ä-1", "ä-2"], email=["ünal@mail.example", "日本@mail.example"])
    tenant.write("conversions", [written])

    assert ids(tenant.find_orders("Ä")) == ["Ä-1"]
    assert ids(tenant.find_orders("ünal")) == ["Ä-1"]
    assert ids(tenant.find_orders("日")) == ["ä-2"]


def test_a_changed_order_is_found_by_its_new_address_only(tenant):
    tenant.write("conversions", [orders(1)])
    tenant.write("conversions", [orders(1, email="other@mail.example")])

    assert ids(tenant.find_orders("other")) == ["O-0"]
    assert ids(tenant.find_orders("person0")) == []


def test_of_many_matches_the_highest_order_ids_are_given(tenant, monkeypatch):
    monkeypatch.setattr(journeys_store, "CANDIDATES", 3)
    tenant.write("conversions", [orders(9)])

    assert ids(tenant.find_orders("o-")) == ["O-8", "O-7", "O-6"]
    assert ids(tenant.find_orders("person")) == ["O-2", "O-1", "O-0"]


def test_an_order_that_is_not_there_is_not_found(tenant):
    with pytest.raises(NotFoundError, match=r"There is no journey O-1\."):
        tenant.order("O-1")


def test_what_led_to_orders_is_that_of_their_customers_in_the_window(tenant):
    days = [-31, -29, 0, 1]
    touched = pd.DataFrame(
        {
            "touchpoint_id": [f"t{day}" for day in days],
            "customer_id": "c0",
            "timestamp": [START + pd.Timedelta(days=day) for day in days],
            "channel": "meta",
        }
    )
    of_others = touched.assign(customer_id="c1", touchpoint_id="o" + touched["touchpoint_id"])
    tenant.write("conversions", [orders(2)])
    tenant.write("touchpoints", [conform(pd.concat([touched, of_others]), TOUCHPOINTS)])

    found = tenant.before_orders([tenant.order("O-0")], MONTH)

    assert sorted(row["touchpoint_id"] for row in found["touchpoints"]) == ["t-29", "t0"]
    assert ids(found["conversions"]) == ["O-0"]


@pytest.mark.parametrize(
    "urls", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
@pytest.mark.parametrize("column", ["order_id_small", "email_small"])
def test_postgresql_searches_by_index_behind_row_level_security(tenant, urls, column):
    tenant.write("conversions", [orders(1000)])
    with psycopg.connect(urls.administrator) as administrator:
        administrator.execute("ANALYZE conversions")  # without it the planner may take any index
    with psycopg.connect(urls.serving.replace("+psycopg", "")) as connection:
        connection.execute("SET enable_seqscan = off")
        connection.execute(f"SET {TENANT_SETTING} = '{tenant.tenant.id}'")
        plan = connection.execute(
            sql.SQL(
                "EXPLAIN SELECT order_id FROM conversions WHERE tenant_id = {} "
                "AND {column} >= lower('O-99') AND {column} < lower('O-99\U0010ffff')"
            ).format(str(tenant.tenant.id), column=sql.Identifier(column))
        ).fetchall()

    (condition,) = [line for (line,) in plan if "Index Cond" in line]
    assert f"({column} >= 'o-99'::text)" in condition


@pytest.mark.parametrize("urls", ["sqlite"], indirect=True)
@pytest.mark.parametrize("customer", [None, "new"])
def test_sqlite_reads_no_more_orders_than_a_search_finds(tenant, urls, customer):
    tenant.write("conversions", [orders(3)])
    asked = []
    note = lambda connection, cursor, text, values, context, many: asked.append((text, values))  # noqa: E731
    event.listen(Engine, "before_cursor_execute", note)
    tenant.find_orders("o-", customer=customer)
    event.remove(Engine, "before_cursor_execute", note)

    engine = create_engine(urls.serving)
    with engine.connect() as connection:
        plans = [
            " ".join(
                row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
            )
            for text, values in asked
            if text.startswith("SELECT")
        ]
    engine.dispose()

    assert len(plans) == 3
    for plan, index in zip(
        plans, ("order_id_small", "email_small", "sqlite_autoindex"), strict=True
    ):
        assert (
            f"USING INDEX {'' if 'auto' in index else 'ix_conversions_tenant_id_'}{index}" in plan
        )
        assert "TEMP B-TREE" not in plan


def test_every_write_counts_as_a_change_of_its_dataset(tenant):
    tenant.write("conversions", [orders(1)])
    tenant.write("conversions", [orders(2)])
    tenant.write("touchpoints", [rows()["touchpoints"]])

    found = tenant.dataset_changes(["conversions", "touchpoints", "order_items"])

    assert found == {"conversions": 2, "touchpoints": 1, "order_items": 0}


def test_a_write_that_fails_is_no_change(tenant):
    def batches():
        yield orders(1)
        raise RuntimeError("broken off")

    with pytest.raises(RuntimeError):
        tenant.write("conversions", batches())

    assert tenant.dataset_changes(["conversions"]) == {"conversions": 0}


def test_parts_hold_all_rows_and_the_columns_asked_for(tenant):
    tenant.write("conversions", [orders(4)])

    (part,) = tenant.parts("conversions", ["order_id", "revenue"])

    assert list(part.columns) == ["order_id", "revenue"]
    assert sorted(part["order_id"]) == ["O-0", "O-1", "O-2", "O-3"]


def test_results_come_back_as_the_newest_version(tenant):
    for factor in (1, 2):
        (stored,) = tenant.add_journey_results([journey_results(factor)])

    assert stored.version == 2
    assert tenant.journey_results(30) == stored
    assert stored.fingerprint == "text 2"


def test_only_the_last_versions_are_kept(tenant, urls):
    for _ in range(journeys_store.KEPT_VERSIONS + 2):
        tenant.add_journey_results([journey_results()])

    engine = create_engine(urls.administrator)
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT version FROM journey_results ORDER BY version")
        assert list(found.scalars()) == list(range(3, journeys_store.KEPT_VERSIONS + 3))
    engine.dispose()


def test_a_version_lacks_a_window_that_was_not_analysed(tenant):
    tenant.add_journey_results([journey_results()])

    with pytest.raises(NotFoundError, match="no journey analysis yet"):
        tenant.journey_results(7)


def test_a_setting_is_what_was_set_last(tenant):
    assert tenant.setting("attribution") is None

    for value in ({"half": 1}, {"half": 2}):
        tenant.change_setting("attribution", value)

    assert tenant.setting("attribution") == {"half": 2}
