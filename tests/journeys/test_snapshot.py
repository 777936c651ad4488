"""Snapshots: one tenant's apart from another's, replaced in one step, without personal data."""

import pandas as pd
import pyarrow.parquet as pq
import pytest

from apportion.errors import NotFoundError
from apportion.journeys import snapshot
from apportion.journeys.fingerprints import fingerprint
from journeys.tables import NOON, conversions, days, random_world, touchpoints

TOUCHED = touchpoints(("t1", "ann", NOON, "meta"), ("t2", "ben", NOON, "email"))
BOUGHT = conversions(("o1", "ann", NOON + days(1), 10))


def served(folder):
    with snapshot.read(folder) as opened:
        frame = opened.touchpoints.to_pandas()
    return frame.sort_values(list(frame.columns), ignore_index=True)


def test_two_tenants_with_the_same_ids_see_only_their_own(tmp_path):
    theirs = conversions(("o1", "ann", NOON + days(1), 99))
    snapshot.write(tmp_path / "acme", [TOUCHED], [BOUGHT], fingerprint="1")
    snapshot.write(tmp_path / "globex", [TOUCHED[:1]], [theirs], fingerprint="2")

    assert sorted(served(tmp_path / "acme")["revenue"].dropna()) == [10]
    assert len(served(tmp_path / "acme")) == 2
    assert served(tmp_path / "globex")["revenue"].tolist() == [99]


def test_no_snapshot_is_not_found(tmp_path):
    with pytest.raises(NotFoundError, match="import touchpoints and conversions first"):
        served(tmp_path / "nobody")


def test_batches_give_what_the_whole_gives(tmp_path):
    touched, bought = random_world(seed=2)
    snapshot.write(tmp_path / "whole", [touched], [bought], fingerprint="")
    batches = [touched.iloc[first : first + 37] for first in range(0, len(touched), 37)]

    snapshot.write(
        tmp_path / "parts", reversed(batches), [bought[:50], bought[50:]], fingerprint=""
    )

    pd.testing.assert_frame_equal(served(tmp_path / "parts"), served(tmp_path / "whole"))


def test_fingerprint_tells_whether_the_data_have_changed(tmp_path):
    then, now = fingerprint({"rows": 1}), fingerprint({"rows": 2})
    assert snapshot.written_fingerprint(tmp_path) is None

    snapshot.write(tmp_path, [TOUCHED], [BOUGHT], fingerprint=then)

    assert snapshot.written_fingerprint(tmp_path) == then
    assert then != now
    assert fingerprint({"rows": 1}) == then


def test_new_snapshot_takes_the_place_of_the_old_one(tmp_path):
    snapshot.write(tmp_path, [TOUCHED], [BOUGHT], fingerprint="1")

    snapshot.write(tmp_path, [TOUCHED[:1]], [BOUGHT], fingerprint="2")

    assert len(served(tmp_path)) == 1


def test_reader_of_the_old_snapshot_goes_on_reading_it(tmp_path):
    snapshot.write(tmp_path, [TOUCHED], [BOUGHT], fingerprint="1")

    with snapshot.read(tmp_path) as old:
        snapshot.write(tmp_path, [TOUCHED[:1]], [BOUGHT], fingerprint="2")

        assert old.touchpoints.count().execute() == 2
        assert old.fingerprint == "1"


def test_write_that_fails_changes_nothing(tmp_path):
    def broken():
        yield TOUCHED[:1]
        raise ConnectionError("the database went away")

    snapshot.write(tmp_path, [TOUCHED], [BOUGHT], fingerprint="1")
    before = sorted(path.name for path in tmp_path.iterdir())

    with pytest.raises(ConnectionError):
        snapshot.write(tmp_path, broken(), [BOUGHT], fingerprint="2")

    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert snapshot.written_fingerprint(tmp_path) == "1"
    assert len(served(tmp_path)) == 2


def test_old_snapshots_are_removed(tmp_path):
    for number in range(5):
        snapshot.write(tmp_path, [TOUCHED], [BOUGHT], fingerprint=str(number))

    assert len(list(tmp_path.glob("version-*"))) == 2


def test_snapshot_holds_no_personal_data(tmp_path):
    touched = touchpoints(("touch-1", "customer-1", NOON, "meta"))
    bought = conversions(("order-1", "customer-1", NOON + days(1), 10))
    snapshot.write(tmp_path, [touched], [bought], fingerprint="1")

    (version,) = tmp_path.glob("version-*")
    tables = [pq.read_table(path).to_pylist() for path in version.glob("*.parquet")]
    assert len(tables) == 3
    for word in ("touch-1", "customer-1", "order-1", "example.com"):
        assert word not in str(tables)
    assert {path.name for path in tmp_path.iterdir()} == {"current.json", version.name}


def test_snapshot_without_any_rows_can_be_read(tmp_path):
    snapshot.write(tmp_path, [], [], fingerprint="1")

    assert served(tmp_path).empty
