"""Cells: what is allowed is read exactly, what is not is refused with its reason."""

import pandas as pd
import pytest

from apportion.errors import ImportRefusedError

TOUCHPOINT = "touchpoint_id,customer_id,timestamp,channel\nt1,c1,{},meta\n"
ORDER = "order_id,customer_id,timestamp,revenue,email,is_new_customer\no1,c1,{},{},a@b.c,{}\n"
NOON = "2024-01-31T12:00:00Z"


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-31",
        "20240131",
        "2024/01/31",
        "2024-01-31 00:00",
        "2024-01-31T00:00:00",
        "2024-01-31 00:00:00.000",
        "2024-01-31T00:00:00Z",
        "2024-01-31 00:00:00+0100",
        "  2024-01-31  ",
    ],
)
def test_dates_that_can_be_read_in_one_way_only_are_read(save, load, text):
    frame = load("spend", save(f"date,channel,spend\n{text},meta,1\n"))

    assert frame["date"].tolist() == [pd.Timestamp("2024-01-31")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("03/04/2024", "day and month could be swapped"),
        ("31.01.2024", "day and month could be swapped"),
        ("2024-01-31 13:00", "a time, not a day"),
        ("2024-02-30", "no such day between 1900 and 2199"),
        ("20241301", "no such day"),
        ("0024-01-31", "no such day"),
        ("45322", "a spreadsheet's number of a day"),
        ("Jan 31, 2024", ""),
        ("tomorrow", ""),
    ],
)
def test_other_dates_are_refused(save, load, text, why):
    with pytest.raises(ImportRefusedError) as refusal:
        load("spend", save(f'date,channel,spend\n"{text}",meta,1\n'))

    found = f"found '{text}' ({why}" if why else f"found '{text}';"
    assert f"row 2, column date: {found}" in str(refusal.value)
    assert "allowed: a date as YYYY-MM-DD" in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-01-31T12:00:00Z", "12:00"),
        ("2024-01-31T12:00:00+01:00", "11:00"),
        ("2024-01-31 12:00:00-0530", "17:30"),
        ("2024-01-31 12:00:00 +0100", "11:00"),
        ("2024-01-31 12:00:00 UTC", "12:00"),
        ("2024-01-31T12:00+01", "11:00"),
        ("2024-01-31T12:00:30.25Z", "12:00:30.25"),
    ],
)
def test_times_with_an_offset_are_read_as_instants(save, load, text, utc):
    frame = load("touchpoints", save(TOUCHPOINT.format(text)))

    assert frame["timestamp"].tolist() == [pd.Timestamp(f"2024-01-31T{utc}", tz="UTC")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2024-01-31T12:00:00", "no offset: add Z for UTC"),
        ("2024-01-31 12:00", "no offset: add Z for UTC"),
        ("2024-01-31", "a day without a time"),
        ("1706702400", "seconds or milliseconds since 1970"),
        ("2024-02-30T12:00:00Z", ""),
        ("2024-01-31T25:00:00Z", ""),
        ("2024-01-31T12:00:00+99:00", ""),
        ("2500-01-31T12:00:00Z", ""),
        ("noon", ""),
    ],
)
def test_other_times_are_refused(save, load, text, why):
    rows = TOUCHPOINT.format(NOON) + TOUCHPOINT.format(text).split("\n")[1].replace("t1", "t2")

    with pytest.raises(ImportRefusedError) as refusal:
        load("touchpoints", save(rows))

    found = f"found '{text}' ({why}" if why else f"found '{text}';"
    assert f"row 3, column timestamp: {found}" in str(refusal.value)
    assert "with its offset, such as 2024-01-31T12:00:00+01:00" in str(refusal.value)
    assert len(refusal.value.problems) == 1


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        ("12.5", 12.5),
        ("12.", 12),
        (".5", 0.5),
        ("+12.5", 12.5),
        ("0012", 12),
        ("1e3", 1000),
        ("1.5E-3", 0.0015),
        ("0.30000000000000004", 0.1 + 0.2),
    ],
)
def test_plain_numbers_are_read_exactly(save, load, text, number):
    both = load("spend", save(f"date,channel,spend\n2024-01-01,a,{text}\n2024-01-01,b,+1\n"))

    assert both["spend"].tolist() == [number, 1]
    assert load("spend", save(f"date,channel,spend\n2024-01-01,a,{text}\n"))["spend"][0] == number


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("12,5", "a decimal comma"),
        ("1.234,56", "a decimal comma"),
        ("1 234,56", "a decimal comma"),
        ("1,234", "a decimal comma, or thousands"),
        ("1,234.56", "commas between thousands"),
        ("1.234.567", "points between thousands"),
        ("1 234.56", "gaps in a number"),
        ("$12.50", "a currency sign"),
        ("12,50 €", "a currency sign"),
        ("12.50 EUR", "a currency"),
        ("12%", "a percent sign"),
        ("NaN", "not a finite number"),
        ("inf", "not a finite number"),
        ("-Infinity", "not a finite number"),
        ("1e999", ""),
        ("0x1A", ""),
        ("1_000", ""),
        ("--5", ""),
        ("abc", ""),
    ],
)
def test_other_numbers_are_refused(save, load, text, why):
    with pytest.raises(ImportRefusedError) as refusal:
        load("spend", save(f'date;channel;spend\n2024-01-01;meta;"{text}"\n2024-01-01;b;1\n'))

    found = f"found '{text}' ({why})" if why else f"found '{text}';"
    assert f"row 2, column spend: {found}" in str(refusal.value)
    assert "allowed: a number with a decimal point" in str(refusal.value)
    assert len(refusal.value.problems) == 1


def test_number_too_large_to_be_exact_is_refused(save, load):
    with pytest.raises(ImportRefusedError, match=r"found '1e15'; allowed: .*, below 1e\+15"):
        load("spend", save("date,channel,spend\n2024-01-01,meta,1e15\n"))


def test_negative_spend_is_refused(save, load):
    with pytest.raises(ImportRefusedError, match=r"column spend: found '-1'; .*at least 0"):
        load("spend", save("date,channel,spend\n2024-01-01,meta,-1\n"))


def test_counts_may_be_missing_and_may_end_in_point_zero(save, load):
    path = save("date,channel,spend,clicks\n2024-01-01,a,1,12.0\n2024-01-01,b,1,\n")

    assert load("spend", path)["clicks"].tolist() == [12, pd.NA]


@pytest.mark.parametrize(
    ("count", "allowed"),
    [("1.5", "a whole number"), ("-1", "a whole number, at least 0"), ("1e300", "below")],
)
def test_other_counts_are_refused(save, load, count, allowed):
    with pytest.raises(ImportRefusedError, match=f"column clicks: found '{count}'; .*{allowed}"):
        load("spend", save(f"date,channel,spend,clicks\n2024-01-01,a,1,{count}\n"))


@pytest.mark.parametrize(
    ("text", "flag"),
    [("true", True), ("True", True), ("1", True), ("YES", True), ("false", False), ("0", False)],
)
def test_flags_are_read(save, load, text, flag):
    frame = load("conversions", save(ORDER.format(NOON, 10, text)))

    assert frame["is_new_customer"].tolist() == [flag]


def test_other_flag_is_refused(save, load):
    with pytest.raises(ImportRefusedError, match=r"found 'maybe'; allowed: true or false"):
        load("conversions", save(ORDER.format(NOON, 10, "maybe")))


@pytest.mark.parametrize("column", ["order_id", "timestamp", "revenue", "is_new_customer"])
def test_empty_required_cell_is_refused(save, load, column):
    cells = {
        "order_id": "o1",
        "customer_id": "c1",
        "timestamp": NOON,
        "revenue": "1",
        "email": "a@b.c",
        "is_new_customer": "no",
    }
    path = save(f"{','.join(cells)}\n{','.join((cells | {column: ' '}).values())}\n")

    with pytest.raises(ImportRefusedError, match=f"row 2, column {column}: found nothing"):
        load("conversions", path)


def test_empty_optional_cells_are_empty_text(save, load):
    path = save("date,channel,spend,campaign\n2024-01-01,meta,1,\n")

    assert load("spend", path)[["campaign", "region"]].to_numpy().tolist() == [["", ""]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x" * 501, r"found 'x+'… \(501 characters\); allowed: text of at most 500 characters"),
        ("\N{GRINNING FACE}" * 201, r"\(201 characters\); allowed: text of at most 500 characters"),
        ("a\0b", "allowed: text without NUL characters"),
    ],
    ids=["characters", "bytes", "NUL"],
)
def test_text_that_no_database_key_can_hold_is_refused(save, load, text, message):
    rows = "".join(f"2024-01-01,channel {i},1\n" for i in range(20_000))

    with pytest.raises(ImportRefusedError, match=message):
        load("spend", save(f"date,channel,spend\n{rows}2024-01-01,{text},1\n"))


def test_words_for_missing_are_text_like_any_other(save, load):
    path = save("date,channel,spend\n2024-01-01,NA,1\n2024-01-01,null,1\n2024-01-01,nan,1\n")

    assert load("spend", path)["channel"].tolist() == ["NA", "null", "nan"]


def test_two_currencies_are_refused(save, load):
    path = save("date,channel,spend,currency\n2024-01-01,a,1,EUR\n2024-01-02,a,1,USD\n")

    with pytest.raises(
        ImportRefusedError, match="row 3, column currency: found 'USD'; allowed: one currency"
    ):
        load("spend", path)


def test_event_that_ends_before_it_starts_is_refused(save, load):
    path = save("start,end,name\n2024-01-02,2024-01-01,sale\n2024-01-02,2024-01-02,other\n")

    with pytest.raises(
        ImportRefusedError, match=r"column end: found '2024-01-01'; allowed: an end"
    ):
        load("events", path)
