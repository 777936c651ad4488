"""Cells of text to typed columns, all rows at once, with a reason for every cell refused.

What is allowed is narrow on purpose: a date that could be read in two ways, a decimal comma or a
time without an offset would be stored wrongly without a word.
"""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from apportion.frames import Column, Kind

Mask = NDArray[np.bool_]

MAX_CHARACTERS = 500
MAX_BYTES = 800  # three of them in one key must fit an index entry of PostgreSQL
LARGEST = 1e15  # whole numbers up to here are exact as floats

FIRST_YEAR, LAST_YEAR = 1900, 2199

_ALLOWED = {
    Kind.DATE: "a date as YYYY-MM-DD",
    Kind.TIMESTAMP: "a time as ISO 8601 with its offset, such as 2024-01-31T12:00:00+01:00",
    Kind.TEXT: f"text of at most {MAX_CHARACTERS} characters",
    Kind.AMOUNT: "a number with a decimal point, such as 1234.56",
    Kind.COUNT: "a whole number",
    Kind.FLAG: "true or false (also 1 or 0, yes or no)",
}
_NO_DAY = np.datetime64("NaT", "D")
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}

_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_GROUPED = r"^[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?$"
_INSTANT = (
    r"^(1[7-9]|2[01])[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
    r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
)
_DAY = re.compile(
    r"(?:([0-9]{4})-([0-9]{2})-([0-9]{2})|([0-9]{4})/([0-9]{2})/([0-9]{2}))"
    r"(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?|([0-9]{4})([0-9]{2})([0-9]{2})"
)


@dataclass(frozen=True)
class Fault:
    """Cells that are refused for one reason."""

    where: Mask
    allowed: str
    why: Callable[[str], str] = lambda _: ""
    """Says of a refused cell's text what is wrong with it, where that can be told."""


def decoded(cells: pa.Array) -> tuple[pa.Array, list[Fault]]:
    """Give cells as stripped text, nothing as the empty string; bytes must be UTF-8."""
    faults = []
    try:
        texts = cells.cast(pa.string())
    except pa.ArrowInvalid:
        raw = cells.to_pylist()
        bad = np.array([not _is_utf8(cell) for cell in raw])
        texts = pa.array(
            [
                cell.decode("cp1252" if wrong else "utf-8", "replace") if cell else ""
                for cell, wrong in zip(raw, bad, strict=True)
            ],
            pa.string(),
        )
        why = "not UTF-8: shown as Windows-1252 would read it"
        faults.append(Fault(bad, "text in UTF-8; save the file as UTF-8", lambda _: why))
    if texts.null_count:
        texts = texts.fill_null("")
    return pc.utf8_trim_whitespace(texts), faults


def parse(
    texts: pa.Array, column: Column, *, grouped: bool = False
) -> tuple[pd.Series, list[Fault]]:
    """Give stripped texts as what `column` holds, and what is wrong with them.

    Parameters
    ----------
    texts : pyarrow array of strings
        No nulls; the empty string is a missing value.
    column : Column
        The contract.
    grouped : bool
        Whether commas between thousands are allowed.

    Returns
    -------
    series, list of Fault
        A refused cell's value is missing or meaningless; nothing of its import is ever stored.
    """
    empty = np.asarray(pc.equal(texts, ""))
    allowed = _ALLOWED[column.kind]
    if column.minimum is not None:
        allowed = f"{allowed.split(',')[0]}, at least {column.minimum:g}"
    match column.kind:
        case Kind.TEXT:
            series, faults = _text(texts)
        case Kind.DATE:
            series, faults = _dates(texts, empty)
        case Kind.TIMESTAMP:
            series, faults = _timestamps(texts, empty)
        case Kind.FLAG:
            series, faults = _flags(texts, empty)
        case Kind.AMOUNT | Kind.COUNT:
            series, faults = _numbers(texts, empty, column, allowed, grouped=grouped)
    if column.required and empty.any():
        faults.append(Fault(empty, f"{allowed}, in every row"))
    return series, faults


def _text(texts: pa.Array) -> tuple[pd.Series, list[Fault]]:
    faults = []
    sizes = pc.binary_length(texts)
    if (pc.max(sizes).as_py() or 0) > MAX_CHARACTERS:
        long = pc.or_(
            pc.greater(sizes, MAX_BYTES), pc.greater(pc.utf8_length(texts), MAX_CHARACTERS)
        )
        faults.append(Fault(np.asarray(long), _ALLOWED[Kind.TEXT]))
    holds_nul = pc.match_substring(texts, "\0")
    if pc.any(holds_nul).as_py():
        faults.append(Fault(np.asarray(holds_nul), "text without NUL characters"))
    return pd.Series(texts.to_pandas(types_mapper={pa.string(): pd.StringDtype()}.get)), faults


def _dates(texts: pa.Array, empty: Mask) -> tuple[pd.Series, list[Fault]]:
    # A file has few different dates: each is read once, in plain Python.
    found = texts.dictionary_encode()
    days = np.array([_day(text) for text in found.dictionary.to_pylist()], dtype="datetime64[ns]")
    values = days[found.indices.to_numpy()] if len(days) else days
    bad = np.isnat(values) & ~empty
    return pd.Series(values), _faults(bad, _ALLOWED[Kind.DATE], _why_no_date)


def _day(text: str) -> np.datetime64:
    match = _DAY.fullmatch(text)
    if match is None:
        return _NO_DAY
    year, month, day = (int(part) for part in match.groups() if part is not None)
    try:
        date = dt.date(year, month, day)
    except ValueError:
        return _NO_DAY
    return np.datetime64(date, "D") if FIRST_YEAR <= year <= LAST_YEAR else _NO_DAY


def _why_no_date(text: str) -> str:
    if re.fullmatch(r"[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}", text):
        return "day and month could be swapped"
    if re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]", text):
        return "a time, not a day"
    if re.fullmatch(r"[0-9]{5}", text):
        return "a spreadsheet's number of a day"
    if _DAY.fullmatch(text):
        return f"no such day between {FIRST_YEAR} and {LAST_YEAR}"
    return ""


def _timestamps(texts: pa.Array, empty: Mask) -> tuple[pd.Series, list[Fault]]:
    instants = pc.if_else(pa.array(empty), None, texts) if empty.any() else texts
    try:
        values = instants.cast(pa.timestamp("ns", "UTC"))
    except pa.ArrowInvalid:
        return _odd_timestamps(texts, empty)
    return values.to_pandas(), []


def _odd_timestamps(texts: pa.Array, empty: Mask) -> tuple[pd.Series, list[Fault]]:
    """Also read "2024-01-31 12:00:00 +0100" and "… UTC", and find the cells that cannot be read."""
    close = pc.replace_substring_regex(texts, r" ([+-][0-9:]+)$", r"\1")
    close = pc.replace_substring_regex(close, r" ?(UTC|z)$", "Z")
    shaped = pc.match_substring_regex(close, _INSTANT)
    instants = pc.if_else(shaped, close, None).to_pandas()
    values = pd.to_datetime(instants, utc=True, errors="coerce", format="ISO8601")
    values = values.astype("datetime64[ns, UTC]")
    bad = values.isna().to_numpy() & ~empty
    return values, _faults(bad, _ALLOWED[Kind.TIMESTAMP], _why_no_timestamp)


def _why_no_timestamp(text: str) -> str:
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return "a day without a time"
    if re.fullmatch(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?", text
    ):
        return "no offset: add Z for UTC or, say, +01:00"
    if re.fullmatch(r"[0-9]{10}|[0-9]{13}", text):
        return "seconds or milliseconds since 1970"
    return ""


def _flags(texts: pa.Array, empty: Mask) -> tuple[pd.Series, list[Fault]]:
    found = pc.utf8_lower(texts).dictionary_encode()
    meanings = np.array([_FLAGS.get(t) for t in found.dictionary.to_pylist()], dtype=object)
    values = pd.array(meanings[found.indices.to_numpy()] if len(texts) else [], dtype="boolean")
    bad = np.asarray(values.isna()) & ~empty
    return pd.Series(values), _faults(bad, _ALLOWED[Kind.FLAG])


def _numbers(
    texts: pa.Array, empty: Mask, column: Column, allowed: str, *, grouped: bool
) -> tuple[pd.Series, list[Fault]]:
    if grouped:
        plain = pc.replace_substring(texts, ",", "")
        texts = pc.if_else(pc.match_substring_regex(texts, _GROUPED), plain, texts)
    given = pc.if_else(pa.array(empty), None, texts) if empty.any() else texts
    try:
        values = given.cast(pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        shaped = pc.match_substring_regex(texts, _NUMBER)
        plain = pc.utf8_ltrim(pc.if_else(shaped, texts, None), "+")
        values = plain.cast(pa.float64()).to_numpy(zero_copy_only=False)
    with np.errstate(invalid="ignore"):
        bad = ~np.isfinite(values) & ~empty
        faults = _faults(bad, allowed, _why_no_number)
        faults += _faults(np.abs(values) >= LARGEST, f"{allowed}, below {LARGEST:g}")
        if column.kind is Kind.COUNT:
            faults += _faults((values != np.trunc(values)) & ~bad & ~empty, allowed)
        if column.minimum is not None:
            faults += _faults(values < column.minimum, allowed)
    if column.kind is Kind.COUNT:
        whole = np.where(np.isfinite(values) & (np.abs(values) < LARGEST), values, 0)
        counts = pd.arrays.IntegerArray(np.trunc(whole).astype("int64"), empty | bad)
        return pd.Series(counts), faults
    return pd.Series(values), faults


def _why_no_number(text: str) -> str:
    symbols = {"$", "€", "£", "¥", "₹"}
    reasons = (
        (any(sign in text for sign in symbols), "a currency sign"),
        (re.fullmatch(r"[A-Za-z]{3} ?[0-9].*|.*[0-9] ?[A-Za-z]{3}", text), "a currency"),
        (text.endswith("%"), "a percent sign"),
        (re.fullmatch(r"[+-]?[0-9]{1,3}(,[0-9]{3})+", text), "a decimal comma, or thousands"),
        (re.fullmatch(_GROUPED, text), "commas between thousands"),
        (re.fullmatch(r"[+-]?[0-9.  ]*,[0-9]+", text), "a decimal comma"),
        (re.fullmatch(r"[+-]?[0-9]{1,3}(\.[0-9]{3})+", text), "points between thousands"),
        (re.fullmatch(r"[+-]?[0-9]{1,3}([  '’][0-9]{3})+(\.[0-9]+)?", text), "gaps in a number"),
        (text.lower() in {"nan", "inf", "-inf", "infinity", "-infinity"}, "not a finite number"),
    )
    return next((why for holds, why in reasons if holds), "")


def _faults(where: Mask, allowed: str, why: Callable[[str], str] = lambda _: "") -> list[Fault]:
    return [Fault(where, allowed, why)] if where.any() else []


def _is_utf8(cell: bytes | None) -> bool:
    try:
        (cell or b"").decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
