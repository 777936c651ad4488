"""Customers' paths: each definition by an example, then all of them against plain loops."""

import datetime as dt
from collections import Counter
from zoneinfo import ZoneInfo

import ibis
import pandas as pd
import pytest

from apportion.journeys import counts, paths, sequences
from apportion.journeys.snapshot import Snapshot
from journeys.slow_paths import slow_paths
from journeys.tables import NOON, conversions, days, random_world, touchpoints

HOUR, SECOND = dt.timedelta(hours=1), dt.timedelta(seconds=1)
BERLIN = ZoneInfo("Europe/Berlin")


def channels_of_paths(
    snapshot: Snapshot, window_days: int
) -> Counter[tuple[tuple[str, ...], bool]]:
    """Count (channels, converted) over all paths of a window."""
    coded = snapshot.kinds
    names = coded.drop_duplicates("code").set_index("code")["channel"]
    cut = paths.cut(snapshot.touchpoints, window_days)
    found = paths.whole(cut, coded).union(paths.direct(snapshot.conversions, window_days, coded))
    words = [name for name in found.columns if name.startswith("word_")]
    rows = found.select("converted", *(found[word].cast("string") for word in words)).to_pandas()
    form = sequences.digits(coded)
    return Counter(
        (
            tuple(names[code] for code in sequences.unpack(tuple(map(int, row[1:])), form)),
            bool(row[0]),
        )
        for row in rows.itertuples(index=False, name=None)
    )


def test_touchpoint_serves_the_first_conversion_after_it_and_no_other(opened):
    touched = touchpoints(("t1", "ann", NOON, "meta"), ("t2", "ann", NOON + days(2), "email"))
    bought = conversions(("o1", "ann", NOON + days(1), 10), ("o2", "ann", NOON + days(3), 10))

    assert channels_of_paths(opened(touched, bought), 7) == {
        (("meta",), True): 1,
        (("email",), True): 1,
    }


def test_repeat_purchase_without_a_new_touchpoint_is_direct(opened):
    touched = touchpoints(("t1", "ann", NOON, "meta"))
    bought = conversions(("o1", "ann", NOON + HOUR, 10), ("o2", "ann", NOON + 2 * HOUR, 10))

    assert channels_of_paths(opened(touched, bought), 7) == {
        (("meta",), True): 1,
        (("direct",), True): 1,
    }


@pytest.mark.parametrize(
    ("age", "path"),
    [
        (dt.timedelta(0), ("meta",)),
        (days(7) - dt.timedelta(microseconds=1), ("meta",)),
        (days(7), ("direct",)),
    ],
    ids=["same instant", "just inside", "exactly one window old"],
)
def test_touchpoint_counts_while_it_is_younger_than_the_window(opened, age, path):
    touched = touchpoints(("t1", "ann", NOON - age, "meta"))
    bought = conversions(("o1", "ann", NOON, 10))

    assert channels_of_paths(opened(touched, bought), 7)[path, True] == 1


def test_touchpoint_after_the_conversion_does_not_serve_it(opened):
    touched = touchpoints(("t1", "ann", NOON + SECOND, "meta"))
    bought = conversions(("o1", "ann", NOON, 10))

    assert channels_of_paths(opened(touched, bought), 7) == {
        (("direct",), True): 1,
        (("meta",), False): 1,
    }


def test_another_customers_touchpoint_does_not_serve(opened):
    touched = touchpoints(("t1", "ben", NOON - HOUR, "meta"))
    bought = conversions(("o1", "ann", NOON, 10))

    assert channels_of_paths(opened(touched, bought), 7)[("direct",), True] == 1


def test_touchpoints_of_one_second_are_in_order_of_their_ids(opened):
    touched = touchpoints(
        ("t3", "ann", NOON, "email"), ("t1", "ann", NOON, "meta"), ("t2", "ann", NOON, "google")
    )
    bought = conversions(("o1", "ann", NOON, 10))

    assert channels_of_paths(opened(touched, bought), 7) == {(("meta", "google", "email"), True): 1}


def test_of_two_orders_of_one_second_the_first_by_id_has_the_path(opened):
    touched = touchpoints(("t1", "ann", NOON - HOUR, "meta"))
    bought = conversions(("o2", "ann", NOON, 20), ("o1", "ann", NOON, 10))

    served = opened(touched, bought).touchpoints.to_pandas()

    assert served["revenue"].tolist() == [10.0]


def test_event_delivered_twice_counts_once(opened):
    touched = touchpoints(("t1", "ann", NOON, "meta"), ("t1", "ann", NOON, "meta"))
    bought = conversions(("o1", "ann", NOON + HOUR, 10), ("o1", "ann", NOON + HOUR, 10))

    assert channels_of_paths(opened(touched, bought), 7) == {(("meta",), True): 1}


def test_event_that_arrives_late_takes_its_place_by_its_own_time(opened):
    on_time = [("t2", "ann", NOON + HOUR, "google"), ("t3", "ann", NOON + 2 * HOUR, "email")]
    bought = conversions(("o1", "ann", NOON + 3 * HOUR, 10))

    late = touchpoints(*on_time, ("t1", "ann", NOON, "meta"))

    assert channels_of_paths(opened(late, bought), 7) == {(("meta", "google", "email"), True): 1}


def test_path_that_did_not_convert_spans_less_than_a_window(opened):
    touched = touchpoints(
        ("t1", "ann", NOON, "meta"),
        ("t2", "ann", NOON + days(6.9), "google"),
        ("t3", "ann", NOON + days(7), "email"),
        ("t4", "ann", NOON + days(13.9), "tiktok"),
    )

    assert channels_of_paths(opened(touched, conversions()), 7) == {
        (("meta", "google"), False): 1,
        (("email", "tiktok"), False): 1,
    }


def test_touchpoints_too_old_for_the_conversion_are_a_path_that_did_not_convert(opened):
    touched = touchpoints(
        ("t1", "ann", NOON - days(20), "meta"), ("t2", "ann", NOON - days(1), "email")
    )
    bought = conversions(("o1", "ann", NOON, 10))

    snapshot = opened(touched, bought)

    assert channels_of_paths(snapshot, 7) == {(("meta",), False): 1, (("email",), True): 1}
    assert channels_of_paths(snapshot, 28) == {(("meta", "email"), True): 1}


@pytest.mark.parametrize(
    ("fold", "path"), [(0, ("meta",)), (1, ("direct",))], ids=["first 2:30", "second 2:30"]
)
def test_window_is_168_hours_whatever_the_clocks_do(opened, fold, path):
    # In Berlin on 25 October 2026 it is 2:30 twice; the touchpoint is a second short of a week old
    # at the first of them, and an hour more than that at the second.
    converted_at = dt.datetime(2026, 10, 25, 2, 30, fold=fold, tzinfo=BERLIN)
    touched_at = dt.datetime(2026, 10, 18, 2, 30, 1, tzinfo=BERLIN)
    touched = touchpoints(("t1", "ann", touched_at.astimezone(dt.UTC), "meta"))
    bought = conversions(("o1", "ann", converted_at.astimezone(dt.UTC), 10))

    assert channels_of_paths(opened(touched, bought), 7)[path, True] == 1


def test_time_zone_in_which_an_instant_is_written_does_not_matter(opened):
    touched = touchpoints(("t1", "ann", NOON.astimezone(BERLIN), "meta"))
    bought = conversions(("o1", "ann", NOON.astimezone(ZoneInfo("Asia/Tokyo")), 10))

    assert channels_of_paths(opened(touched, bought), 7) == {(("meta",), True): 1}


@pytest.mark.parametrize("window_days", [7, 14, 28, 30])
@pytest.mark.parametrize("grain", [1, 6 * 3600], ids=["seconds", "many ties"])
def test_paths_are_those_of_plain_loops(opened, window_days, grain):
    touched, bought = random_world(seed=window_days, grain=grain)

    expected = slow_paths(touched, bought, window_days)

    assert channels_of_paths(opened(touched, bought), window_days) == Counter(
        (path.channels, path.converted) for path in expected
    )


def test_paths_deep_in_a_long_history_are_those_of_plain_loops(opened):
    touched, bought = random_world(seed=3, customers=3, size=400, orders=9)

    found = channels_of_paths(opened(touched, bought), 7)

    expected = slow_paths(touched, bought, 7)
    assert max(len(path.channels) for path in expected) <= 30
    assert len(expected) < len(touched) / 6
    assert found == Counter((path.channels, path.converted) for path in expected)


@pytest.mark.parametrize(("length", "is_kept"), [(62, True), (63, False)])
def test_path_that_is_too_long_to_be_packed_has_no_sequence(opened, length, is_kept):
    path = [("email", "meta")[place % 3 == 0] for place in range(length)]
    touched = touchpoints(
        *((f"t{place:02}", "ann", NOON + place * HOUR, name) for place, name in enumerate(path))
    )
    snapshot = opened(touched, conversions(("o1", "ann", NOON + days(6), 10)))

    found = paths.whole(paths.cut(snapshot.touchpoints, 7), snapshot.kinds)

    # Two channels and "direct" take two bits.
    assert sequences.longest(sequences.digits(snapshot.kinds)) == 62
    assert channels_of_paths(snapshot, 7) == {(tuple(path) if is_kept else (), True): 1}
    assert len(counts.common(found, sequence="word", customer=None, limit=10)) == is_kept


@pytest.mark.parametrize("window_days", [7, 30])
def test_touchpoints_that_serve_come_path_by_path_with_their_ages(opened, window_days):
    touched, bought = random_world(seed=5)
    snapshot = opened(touched, bought)

    rows = paths.serving(snapshot.touchpoints, window_days).to_pandas()

    rows["path"] = rows["starts"].cumsum()
    ages = rows.groupby("path")["age"].agg(tuple)
    found = Counter(tuple(age / paths.MICROSECONDS_PER_HOUR for age in path) for path in ages)
    assert found == Counter(
        path.hours for path in slow_paths(touched, bought, window_days) if path.hours
    )


def test_every_touchpoint_is_in_one_path_and_every_conversion_has_one(opened):
    touched, bought = random_world(seed=8)

    found = channels_of_paths(opened(touched, bought), 14)

    direct = found[("direct",), True]
    assert sum(len(path) * count for (path, _), count in found.items()) == len(touched) + direct
    assert sum(count for (_, converted), count in found.items() if converted) == len(bought)


def test_repeats_of_a_channel_are_taken_as_one(opened):
    path = ["email", "email", "meta", "meta", "meta", "email"]
    touched = touchpoints(
        *((f"t{place}", "ann", NOON + place * HOUR, channel) for place, channel in enumerate(path))
    )
    snapshot = opened(touched, conversions(("o1", "ann", NOON + days(1), 10)))
    cut = paths.whole(paths.cut(snapshot.touchpoints, 7), snapshot.kinds)

    words = tuple(int(word) for word in cut.to_pandas()[["turn_0", "turn_1"]].iloc[0])

    names = snapshot.kinds.drop_duplicates("code").set_index("code")["channel"]
    codes = sequences.unpack(words, sequences.digits(snapshot.kinds))
    assert [names[code] for code in codes] == ["email", "meta", "email"]


def test_instants_are_whole_microseconds_since_1970():
    time = dt.datetime(2026, 3, 29, 1, 0, 0, 1, tzinfo=dt.UTC)
    table = ibis.memtable(pd.DataFrame({"timestamp": [pd.Timestamp(time)]}))

    (found,) = paths.instants(table).to_pandas()["instant"]

    assert found == 1_774_746_000_000_001


def test_group_of_a_customer_is_the_start_of_the_md5_of_its_id():
    table = ibis.memtable(pd.DataFrame({"customer_id": ["ann", "ben"]}))

    groups = paths.customers(table).to_pandas()["group"]

    # The md5sum of "ann" begins with 7e, that of "ben" with 7f.
    assert groups.tolist() == [0x7E, 0x7F]


def test_channels_beyond_the_limit_share_the_last_player():
    table = ibis.memtable(
        pd.DataFrame(
            [
                {"channel": f"channel {number:02}", "campaign": "", "device": ""}
                for number in range(20)
                for _ in range(40 - number)
            ]
        )
    )

    coded = paths.kinds(table).drop_duplicates("channel").set_index("channel")

    assert coded["player"].drop("direct").tolist() == [*range(13), *[13] * 7]
    assert coded["player"]["direct"] == -1


def test_expressions_can_be_written_for_spark(monkeypatch):
    class SparkOptions(ibis.config.Config):
        treat_nan_as_null: bool = False

    # Ibis has these options once Spark is there; to write the text, Spark is not needed.
    monkeypatch.setattr(ibis.options, "pyspark", SparkOptions())
    text = dict.fromkeys(
        ("customer_id", "touchpoint_id", "channel", "campaign", "device"), "string"
    )
    touched = ibis.table({**text, "timestamp": "timestamp('UTC')"}, name="touchpoints")
    bought = ibis.table(
        {
            "customer_id": "string",
            "order_id": "string",
            "timestamp": "timestamp('UTC')",
            "revenue": "float64",
            "is_new_customer": "boolean",
        },
        name="conversions",
    )
    coded = pd.DataFrame(
        {
            "channel": ["direct", "meta"],
            "campaign": "",
            "device": "",
            "kind": [0, 1],
            "code": [0, 1],
        }
    ).assign(player=[-1, 0])
    touched, bought = (paths.customers(paths.instants(table)) for table in (touched, bought))

    served = paths.serve(touched, bought, coded)
    orders = paths.answered(served, bought)
    found = paths.whole(paths.cut(served, 7), coded).union(paths.direct(orders, 7, coded))

    for expression in (found, paths.serving(served, 7)):
        assert "SELECT" in str(ibis.to_sql(expression, dialect="pyspark"))
