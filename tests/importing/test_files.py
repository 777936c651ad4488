"""Files: what a file is is read from its bytes; rows are numbered as a person sees them."""

import gzip

import pandas as pd
import pyarrow as pa
import pytest

from apportion.errors import ImportRefusedError
from apportion.importing import files

SPEND = "date,channel,spend\n2024-01-01,meta,10.5\n2024-01-02,google,20\n"
QUOTED = '","'


def expected() -> dict[str, list[object]]:
    return {"channel": ["meta", "google"], "spend": [10.5, 20.0]}


def columns(frame: pd.DataFrame) -> dict[str, list[object]]:
    return frame[["channel", "spend"]].to_dict("list")


@pytest.mark.parametrize(
    "content",
    [
        SPEND.encode(),
        SPEND.replace(",", ";").encode(),
        SPEND.replace(",", "\t").encode(),
        SPEND.replace(",", "|").encode(),
        SPEND.encode("utf-8-sig"),
        SPEND.encode("utf-16"),
        SPEND.replace(",", "\t").encode("utf-16"),
        SPEND.replace("\n", "\r\n").encode(),
        SPEND.replace("\n", "\r").encode(),
        SPEND.rstrip().encode(),
        b"sep=;\n" + SPEND.replace(",", ";").encode(),
        b"\n\n" + SPEND.encode(),
        "\n".join(f'"{row.replace(",", QUOTED)}"' for row in SPEND.split()).encode(),
        SPEND.replace(",", " , ").encode(),
        gzip.compress(SPEND.encode()),
        gzip.compress(SPEND.replace(",", ";").encode("utf-8-sig")),
    ],
    ids=[
        "comma",
        "semicolon",
        "tab",
        "bar",
        "UTF-8 with BOM",
        "UTF-16",
        "UTF-16 with tabs",
        "CRLF",
        "CR",
        "no last newline",
        "Excel's sep line",
        "blank lines first",
        "all quoted",
        "padded",
        "gzip",
        "gzip, BOM, semicolon",
    ],
)
def test_same_table_is_read_however_it_is_written(save, load, content):
    path = save(content, "anything.at.all")

    assert columns(load("spend", path)) == expected()


def test_cells_may_hold_delimiters_quotes_and_newlines(save, load):
    path = save('date,channel,spend,campaign\n2024-01-01,meta,1,"a, ""b""\nc"\n')

    assert load("spend", path)["campaign"].tolist() == ['a, "b"\nc']


def test_commas_inside_cells_do_not_hide_the_tabs(save, load):
    path = save("date\tchannel\tspend\tcampaign\n2024-01-01\tmeta\t1\ta, b, c, d, e\n")

    assert load("spend", path)["campaign"].tolist() == ["a, b, c, d, e"]


def test_parquet_is_read_by_its_types(save, load, tmp_path):
    frame = pd.DataFrame(
        {
            "order_id": [1001, 1002],
            "customer_id": pd.Categorical(["c1", "c2"]),
            "timestamp": pd.to_datetime(["2024-01-01 10:00:00", "2024-01-02 11:30:25"], utc=True),
            "revenue": [10.5, 0.1 + 0.2],
            "email": ["a@example.com", "b@example.com"],
            "is_new_customer": [True, False],
        }
    )
    frame["timestamp"] = frame["timestamp"].dt.tz_convert("Europe/Berlin")
    frame.to_parquet(tmp_path / "orders.bin")

    loaded = load("conversions", tmp_path / "orders.bin")

    assert loaded["order_id"].tolist() == ["1001", "1002"]
    assert loaded["customer_id"].tolist() == ["c1", "c2"]
    assert loaded["timestamp"].tolist() == frame["timestamp"].tolist()
    assert loaded["revenue"].tolist() == frame["revenue"].tolist()
    assert loaded["is_new_customer"].tolist() == [True, False]


def test_parquet_dates_may_be_dates_or_midnights(load, tmp_path):
    days = pd.to_datetime(["2024-01-01", "2024-01-02"])
    rest = {"channel": ["meta", "meta"], "spend": [1, 2]}
    pd.DataFrame({"date": days, **rest}).to_parquet(tmp_path / "midnights")
    pd.DataFrame({"date": days.date, **rest}).to_parquet(tmp_path / "dates")

    midnights, dates = (load("spend", tmp_path / name) for name in ("midnights", "dates"))

    pd.testing.assert_frame_equal(midnights, dates)
    assert dates["date"].tolist() == days.tolist()


def test_parquet_rows_count_from_one_and_its_nan_is_refused(load, tmp_path):
    spend = pa.table(
        {"date": ["2024-01-01"] * 2, "channel": ["a", "b"], "spend": [1, float("nan")]}
    )
    pa.parquet.write_table(spend, tmp_path / "spend.parquet")

    with pytest.raises(ImportRefusedError, match=r"row 2, column spend: found 'nan'"):
        load("spend", tmp_path / "spend.parquet")


def test_parquet_time_without_a_zone_is_refused(load, tmp_path):
    pd.DataFrame(
        {
            "touchpoint_id": ["t1"],
            "customer_id": ["c1"],
            "timestamp": pd.to_datetime(["2024-01-01 10:00"]),
            "channel": ["meta"],
        }
    ).to_parquet(tmp_path / "touchpoints.parquet")

    with pytest.raises(ImportRefusedError, match="no offset: add Z for UTC"):
        load("touchpoints", tmp_path / "touchpoints.parquet")


def test_parquet_lists_are_refused(load, tmp_path):
    nested = pa.table({"date": ["2024-01-01"], "channel": [["a", "b"]], "spend": [1.0]})
    pa.parquet.write_table(nested, tmp_path / "spend.parquet")

    with pytest.raises(ImportRefusedError, match="each cell must hold one value"):
        load("spend", tmp_path / "spend.parquet")


def test_rows_are_numbered_as_records_whatever_was_before_them(save, load):
    text = (
        "date,channel,spend,campaign\n"  # 1
        '2024-01-01,meta,1,"two\nlines"\n'  # 2
        "\n"  # 3
        "2024-01-02,meta\n"  # 4
        ",,,\n"  # 5
        "2024-01-03,meta,1,,\n"  # 6
        "2024-01-04,meta,x,\n"  # 7
        "2024-01-05,meta,1,\n"  # 8
        "2024-01-06,meta,y,\n"  # 9
    )

    with pytest.raises(ImportRefusedError) as refusal:
        load("spend", save(text))

    assert [problem.row for problem in refusal.value.problems] == [4, 6, 7, 9]
    assert "4 rows are bad" in str(refusal.value)


def test_row_numbers_stay_right_across_parts_of_a_file(save, load, monkeypatch):
    monkeypatch.setattr(files, "CHUNK_ROWS", 7)
    monkeypatch.setattr(files, "_BLOCK_BYTES", 64)
    lines = ["date,channel,spend", *(f"2024-01-01,c{row},1" for row in range(2, 101))]
    for row in (5, 30, 31, 99):
        lines[row - 1] += ",too,many"
    for row in (6, 29, 32, 100):
        lines[row - 1] = f"2024-01-01,c{row},bad"

    with pytest.raises(ImportRefusedError) as refusal:
        load("spend", save("\n".join(lines)))

    assert [problem.row for problem in refusal.value.problems] == [5, 6, 29, 30, 31, 32, 99, 100]


def test_rows_that_hold_nothing_are_skipped(save, opened):
    imported = opened("spend", save(f"{SPEND}\n,,\n , ,\n"))

    assert imported.check().files[0].rows == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"data\.csv is empty"),
        (b"\n\n\n", "first rows are empty"),
        (b"date,channel,spend\n", "there is a header, but no row"),
        (b"PK\x03\x04rest of a workbook", "is a spreadsheet or an archive.* Save it as CSV"),
        (b"date,channel\0,spend\n", "holds NUL characters"),
        ("date,channel,spend,région\n".encode("latin-1"), r"not in UTF-8.* 0xe9, 'é' in Windows"),
        (b"PAR1 and nothing more", "damaged or not what it seems"),
        (gzip.compress(SPEND.encode() * 5000)[:-30], "damaged or not what it seems"),
        (b"\x1f\x8bno gzip at all", "damaged or not what it seems"),
    ],
    ids=[
        "empty",
        "blank",
        "header only",
        "workbook",
        "NUL",
        "latin-1 header",
        "no Parquet",
        "cut gzip",
        "no gzip",
    ],
)
def test_file_that_is_no_table_is_refused(save, load, content, message):
    with pytest.raises(ImportRefusedError, match=message):
        load("spend", save(content))


def test_missing_file_is_refused(load, tmp_path):
    with pytest.raises(ImportRefusedError, match=r"none\.csv cannot be read: No such file"):
        load("spend", tmp_path / "none.csv")


def test_cell_that_is_not_utf8_is_refused_with_its_row_and_its_likely_meaning(save, load):
    rows = "".join(f"2024-01-01,c{i},1,\n" for i in range(20_000))  # past the part read at first
    content = f"date,channel,spend,campaign\n{rows}2024-01-01,meta,1,".encode() + b"M\xfcnchen\n"

    with pytest.raises(
        ImportRefusedError, match=r"row 20002, column campaign: found 'München'"
    ) as r:
        load("spend", save(content))

    assert "not UTF-8" in str(r.value)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Arrow's own
def test_row_that_is_cut_and_not_utf8_is_refused(save, load):
    rows = "".join(f"2024-01-01,c{i},1\n" for i in range(20_000))

    with pytest.raises(ImportRefusedError, match=r"Expected 3 columns, got 1"):
        load("spend", save(f"date,channel,spend\n{rows}".encode() + b"M\xfcnchen\n"))


def test_quotation_mark_that_is_not_closed_is_named(save, load):
    path = save('date,channel,spend\n"2024-01-01,meta,1\n2024-01-02,google,2\n')

    with pytest.raises(ImportRefusedError, match=r"row 2: found 1 cell .* mark is not closed"):
        load("spend", path)


def test_decimal_comma_that_cuts_a_row_is_named(save, load):
    path = save("date,channel,spend\n2024-01-01,meta,12,5\n2024-01-02,google,2\n")

    with pytest.raises(ImportRefusedError, match=r"row 2: found 4 cells .*decimals with a point"):
        load("spend", path)


def test_endless_quotation_is_refused(save, load, monkeypatch):
    monkeypatch.setattr(files, "_BLOCK_BYTES", 1000)
    path = save('date,channel,spend\n2024-01-01,"meta,1\n' + "2024-01-02,google,2\n" * 1000)

    with pytest.raises(ImportRefusedError, match="quotation mark may not be closed"):
        load("spend", path)


def test_parts_come_before_the_file_is_read_to_its_end(save, opened, monkeypatch):
    monkeypatch.setattr(files, "CHUNK_ROWS", 1000)
    monkeypatch.setattr(files, "_BLOCK_BYTES", 1 << 13)
    rows = "".join(f"2024-01-01,channel {i},1\n" for i in range(50_000))
    cut = gzip.compress(f"date,channel,spend\n{rows}".encode())[:-1000]

    batches = opened("spend", save(cut)).batches("spend")

    assert len(next(batches)) == 1000
    with pytest.raises(ImportRefusedError, match="damaged or not what it seems"):
        list(batches)


def test_memory_does_not_grow_with_the_file(save, opened, monkeypatch):
    monkeypatch.setattr(files, "CHUNK_ROWS", 10_000)
    monkeypatch.setattr(files, "_BLOCK_BYTES", 1 << 16)

    def most_memory(rows: int) -> int:
        row = f"2024-01-01,meta,1,{'x' * 400}\n"
        path = save("date,channel,spend,campaign\n" + row * rows)
        before = pa.total_allocated_bytes()
        return max(
            pa.total_allocated_bytes() - before for _ in opened("spend", path).batches("spend")
        )

    assert most_memory(80_000) < 1.5 * most_memory(20_000)


def test_long_rows_make_short_parts(save, opened, monkeypatch):
    monkeypatch.setattr(files, "CHUNK_BYTES", 1_000_000)
    path = save("date,channel,spend,campaign\n" + f"2024-01-01,meta,1,{'x' * 400}\n" * 15_000)

    assert len(list(opened("spend", path).batches("spend"))) > 2
