"""Numbers and words: one format everywhere."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apportion.results.base import Interval
from apportion.views import theme


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1_940_000, "€1.94m"),
        (148_200, "€148k"),
        (19_500, "€19.5k"),
        (10_000, "€10k"),
        (9_999.7, "€10k"),
        (999_960, "€1m"),
        (4_213, "€4,210"),
        (148, "€148"),
        (82.6, "€82.60"),
        (82, "€82"),
        (0, "€0"),
        (0.031, "€0.031"),
        (3.62e9, "€3.62bn"),
        (7.1e12, "€7.1tn"),
        (-148_200, "−€148k"),
        (-0.0, "€0"),
    ],
)
def test_money_is_short_and_keeps_its_sign(value, text):
    assert theme.money(value, "EUR") == text


@pytest.mark.parametrize(
    ("currency", "text"),
    [
        ("USD", "$148k"),
        ("GBP", "£148k"),
        ("JPY", "¥148k"),
        ("CHF", "CHF\N{NO-BREAK SPACE}148k"),
        ("XTS", "XTS\N{NO-BREAK SPACE}148k"),
        ("", "148k"),
    ],
)
def test_currency_without_a_sign_stands_by_its_code(currency, text):
    assert theme.money(148_000, currency) == text


@given(value=st.floats(1, 1e14))
def test_money_is_within_half_a_percent(value):
    text = theme.money(value, "EUR").removeprefix("€").replace(",", "")
    factors = {"k": 1e3, "m": 1e6, "bn": 1e9, "tn": 1e12}
    unit = next((unit for unit in sorted(factors) if text.endswith(unit)), "")

    assert float(text.removesuffix(unit)) * factors.get(unit, 1) == pytest.approx(value, rel=0.0051)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (44.2, None, "44%"),
        (8.2, None, "8.2%"),
        (9.97, None, "10%"),
        (14.23, 1, "14.2%"),
        (0.02, None, "<0.1%"),
        (0, None, "0.0%"),
        (-3.1, None, "−3.1%"),
    ],
)
def test_percent_has_a_decimal_only_below_ten(value, digits, text):
    assert theme.percent(value, digits) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(148.4, "148"), (12.41, "12.4"), (3.62, "3.6"), (0.3, "0.3"), (0.04, "0.04"), (0, "0.0")],
)
def test_ratio_keeps_what_matters(value, text):
    assert theme.ratio(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "€0"), (500, "€500"), (5_000, "€5k"), (7_500, "€7.5k"), (1_200_000, "€1.2m")],
)
def test_axis_is_shorter_than_text(value, text):
    assert theme.on_axis(value, "EUR") == text


def test_range_is_spelled_and_not_dashed():
    assert theme.span(Interval(lower=37.2, upper=50.4), theme.percent) == "37% to 50%"


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["A"], "A"),
        (["A", "B"], "A and B"),
        (["A", "B", "C"], "A, B and C"),
        (["A", "B", "C", "D"], "A, B and 2 more"),
    ],
)
def test_names_are_listed_as_a_sentence_has_them(names, text):
    assert theme.listing(names) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(8.2, "8 s"), (102, "1 min 42 s"), (3_900, "1 h 5 min")]
)
def test_duration_in_words(seconds, text):
    assert theme.duration(seconds) == text


def test_moment_is_shown_in_the_tenants_time_zone():
    instant = dt.datetime(2026, 11, 22, 23, 30, tzinfo=dt.UTC)

    assert theme.moment(instant, "Europe/Berlin") == "23 November 2026, 00:30 CET"


def test_count_knows_the_singular():
    assert [theme.count(size, "week") for size in (1, 156)] == ["1 week", "156 weeks"]


@pytest.mark.parametrize(("currency", "word"), [("EUR", "euro"), ("XTS", "unit of spend")])
def test_next_unit_has_the_currencys_word(currency, word):
    assert theme.unit_name(currency) == word
