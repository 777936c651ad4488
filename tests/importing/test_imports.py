"""A whole import: all rows or none, several files, repeated keys, the summary at the end."""

import numpy as np
import pytest

from apportion.errors import ImportRefusedError
from apportion.frames import DATASETS, conform
from apportion.importing import files

HEADER = "date,channel,spend\n"


def test_batches_are_conformed_frames(save, opened):
    imported = opened("spend", save(HEADER + "2024-01-01,meta,1\n"))

    for batch in imported.batches("spend"):
        assert conform(batch, DATASETS["spend"]).equals(batch)
        assert batch.dtypes.equals(conform(batch, DATASETS["spend"]).dtypes)


def test_several_files_are_one_import(save, opened):
    first = save(HEADER + "2024-01-01,meta,1\n", "first.csv")
    second = save("Spend;Date;Channel\n2;2024-01-02;google\n", "second.csv")

    imported = opened("spend", first, second)
    frames = list(imported.batches("spend"))

    assert [frame["spend"].tolist() for frame in frames] == [[1], [2]]
    assert [(file.name, file.rows) for file in imported.summary.files] == [
        ("first.csv", 1),
        ("second.csv", 1),
    ]


def test_one_bad_row_in_the_last_file_refuses_all(save, opened):
    first = save(HEADER + "2024-01-01,meta,1\n", "first.csv")
    second = save(HEADER + "2024-01-01,google,1\n2024-01-02,google,x\n", "second.csv")
    imported = opened("spend", first, second)
    given = []

    with pytest.raises(ImportRefusedError, match=r"second\.csv cannot be imported: 1 row is bad"):
        given.extend(imported.batches("spend"))

    assert given, "rows before the bad one were given; the transaction of the caller undoes them"
    with pytest.raises(ImportRefusedError, match="Nothing was stored"):
        imported.check()


def test_refusal_shows_the_first_problems_in_order_and_counts_the_rest(save, opened):
    rows = "".join(f"2024-01-{day:02},meta,{'x' if day > 5 else 1}\n" for day in range(1, 32))
    other = HEADER + "nothing,,-1\n" * 1000

    with pytest.raises(ImportRefusedError) as refusal:
        opened("spend", save(HEADER + rows, "a.csv"), save(other, "b.csv")).check()

    problems = refusal.value.problems
    assert [problem.row for problem in problems] == list(range(7, 27))
    assert {problem.file for problem in problems} == {"a.csv"}
    assert str(refusal.value).startswith(
        "a.csv and b.csv cannot be imported: 1,026 rows are bad. Nothing was stored. The first"
    )


def test_every_bad_cell_of_a_row_is_told(save, opened):
    with pytest.raises(ImportRefusedError, match="1 row is bad") as refusal:
        opened("spend", save(HEADER + "nothing,,-1\n")).check()

    assert {problem.column for problem in refusal.value.problems} == {"date", "channel", "spend"}


def test_problems_of_very_many_cells_stay_few(save, opened, monkeypatch):
    monkeypatch.setattr(files, "CHUNK_ROWS", 5000)

    with pytest.raises(ImportRefusedError, match="20,000 rows are bad") as refusal:
        opened("spend", save(HEADER + "x,,\n" * 20_000)).check()

    assert [problem.row for problem in refusal.value.problems] == sorted(
        [2, 3, 4, 5, 6, 7] * 3 + [8] * 2
    )


def test_last_row_of_a_key_wins_and_the_others_are_counted(save, opened, load):
    path = save(HEADER + "2024-01-01,meta,1\n2024-01-02,meta,2\n2024-01-01,meta,3\n")

    assert load("spend", path)["spend"].tolist() == [2, 3]
    (part,) = opened("spend", path).check().parts
    assert (part.rows, part.duplicates) == (2, 1)


def test_keys_repeated_far_apart_are_counted(save, summarise, monkeypatch):
    monkeypatch.setattr(files, "CHUNK_ROWS", 10)
    monkeypatch.setattr(files, "_BLOCK_BYTES", 200)
    rows = [f"2024-01-01,channel {number % 40},1\n" for number in range(100)]

    (part,) = summarise("spend", save(HEADER + "".join(rows))).parts

    assert (part.rows, part.duplicates) == (40, 60)


def test_an_import_can_be_read_again(save, opened):
    imported = opened("spend", save(HEADER + "2024-01-01,meta,1\n"))

    first, second = (list(imported.batches("spend")) for _ in range(2))

    assert first[0].equals(second[0])
    assert imported.summary.rows == 1


def test_summary_needs_a_reading_to_the_end(save, opened):
    imported = opened("spend", save(HEADER + "2024-01-01,meta,1\n"))

    with pytest.raises(RuntimeError, match="spend must be read before there is a summary"):
        _ = imported.summary


def test_batches_of_another_dataset_are_a_mistake_of_the_caller(save, opened):
    imported = opened("spend", save(HEADER + "2024-01-01,meta,1\n"))

    with pytest.raises(ValueError, match="dataset must be one of spend, got controls"):
        next(imported.batches("controls"))


def test_empty_file_among_others_is_no_problem(save, summarise):
    empty, full = save(HEADER, "empty.csv"), save(HEADER + "2024-01-01,meta,1\n", "full.csv")

    summary = summarise("spend", empty, full)

    assert [file.rows for file in summary.files] == [0, 1]


def test_random_bytes_are_refused_or_read_but_never_a_bug(save, opened):
    random = np.random.default_rng(7)
    alphabet = np.frombuffer(b'2024-01-,;"\n\r\tmeta \xc3\xa9\xff\x00', dtype="uint8")
    refused = 0
    for _ in range(300):
        noise = random.choice(alphabet, random.integers(1, 200)).tobytes()
        try:
            opened("spend", save(HEADER.encode() + noise)).check()
        except ImportRefusedError:
            refused += 1

    assert refused > 250
