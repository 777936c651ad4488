"""The summary: what is there, what is missing, what looks wrong."""

import datetime as dt

import pandas as pd
import pytest


def weekly(channel: str, spend: list[float], start: str = "2024-01-01") -> str:
    days = pd.date_range(start, periods=len(spend), freq="7D")
    return "".join(f"{day:%Y-%m-%d},{channel},{x}\n" for day, x in zip(days, spend, strict=True))


def daily(values: list[float], start: str = "2024-01-01") -> str:
    days = pd.date_range(start, periods=len(values))
    return "".join(f"{day:%Y-%m-%d},{x}\n" for day, x in zip(days, values, strict=True))


SPEND, OUTCOMES = "date,channel,spend\n", "date,revenue\n"


def test_clean_data_have_no_warning(save, summarise):
    text = SPEND + weekly("tv", [1, 2, 3]) + weekly("search", [3, 2, 1])

    summary = summarise("spend", save(text))

    assert summary.warnings == ()
    (part,) = summary.parts
    assert (part.rows, part.start, part.end) == (6, dt.date(2024, 1, 1), dt.date(2024, 1, 15))
    assert part.cadence == "weekly"
    assert part.gaps == ()


def test_names_are_counted_the_most_frequent_first(save, summarise):
    text = "date,channel,spend,region\n2024-01-01,a,1,n\n2024-01-01,b,1,n\n2024-01-01,b,1,s\n"

    (part,) = summarise("spend", save(text)).parts

    assert [(n.column, n.count, [(t.name, t.rows) for t in n.top]) for n in part.names] == [
        ("channel", 2, [("b", 2), ("a", 1)]),
        ("region", 2, [("n", 2), ("s", 1)]),
    ]


def test_only_the_top_names_are_listed(save, summarise):
    rows = "".join(f"2024-01-01,channel {i},1\n" for i in range(50))

    (names,) = summarise("spend", save(SPEND + rows)).parts[0].names

    assert (names.count, len(names.top)) == (50, 10)


def test_missing_weeks_are_found_per_channel(save, summarise):
    text = SPEND + weekly("tv", [1] * 3) + weekly("tv", [1] * 5, "2024-02-05")
    text += weekly("search", [1] * 10)

    summary = summarise("spend", save(text))

    (gap,) = summary.parts[0].gaps
    assert (gap.name, gap.missing) == ("tv", 2)
    assert gap.first == (dt.date(2024, 1, 22), dt.date(2024, 1, 29))
    assert summary.warnings == (
        "tv: 2 weeks are missing, the first 2024-01-22; a day without a row counts as no spend.",
    )


def test_missing_days_are_found_per_metric_and_region(save, summarise):
    header = "date,region,revenue\n"
    rows = [f"2024-01-{day:02},{region},1\n" for day in range(1, 11) for region in ("n", "s")]
    del rows[7]

    summary = summarise("outcomes", save(header + "".join(rows)))

    assert summary.warnings == ("revenue (s): 1 day is missing, the first 2024-01-04.",)


def test_days_without_touchpoints_are_found_in_the_tenants_time_zone(save, summarise):
    header = "touchpoint_id,customer_id,timestamp,channel\n"
    times = ["2024-01-01T12:00Z", "2024-01-02T12:00Z", "2024-01-03T23:30Z", "2024-01-05T12:00Z"]
    text = header + "".join(f"t{i},c,{time},meta\n" for i, time in enumerate(times))

    utc = summarise("touchpoints", save(text))
    berlin = summarise("touchpoints", save(text), timezone="Europe/Berlin")

    assert utc.parts[0].gaps[0].first == (dt.date(2024, 1, 4),)
    assert utc.warnings == ("touchpoints: 1 day is missing, the first 2024-01-04.",)
    assert berlin.parts[0].gaps[0].first == (dt.date(2024, 1, 3),)


def test_day_begins_where_the_tenant_is(save, summarise):
    header = "order_id,customer_id,timestamp,revenue,email,is_new_customer\n"
    text = header + "o1,c,2024-01-01T23:30:00Z,1,a@b.c,yes\n"

    starts = [
        summarise("conversions", save(text), timezone=zone).parts[0].start
        for zone in ("UTC", "Asia/Kathmandu", "America/New_York")
    ]

    assert [start.day for start in starts] == [1, 2, 1]


def test_channel_that_ends_early_is_named(save, summarise):
    text = SPEND + weekly("tv", [1] * 10 + [0] * 10) + weekly("search", [1] * 17 + [0] * 3)

    assert summarise("spend", save(text)).warnings == (
        "tv: no spend after 2024-03-04, 70 days before the data end.",
    )


def test_channel_that_never_spends_is_named(save, summarise):
    text = SPEND + weekly("tv", [0, 0]) + weekly("search", [1, 1])

    assert summarise("spend", save(text)).warnings == ("tv: the spend is 0 in every row.",)


def test_negative_outcome_is_named(save, summarise):
    summary = summarise("outcomes", save(OUTCOMES + daily([5, -1, 5, -2])))

    assert summary.warnings == (
        "revenue: negative in 2 rows, the first 2024-01-02 (returns, or an error?).",
    )


def test_few_days_of_zero_outcome_are_named_but_many_are_a_habit(save, summarise):
    outage = summarise("outcomes", save(OUTCOMES + daily([5] * 15 + [0] + [5] * 14)))
    weekends = summarise("outcomes", save(OUTCOMES + daily([5, 5, 5, 5, 5, 0, 0] * 4)))

    assert outage.warnings == (
        "revenue: 0 on 1 of 30 dates, the first 2024-01-16 (a tracking outage?).",
    )
    assert weekends.warnings == ()


def test_weeks_that_begin_on_different_weekdays_are_named(save, summarise):
    text = SPEND + weekly("tv", [1] * 5) + weekly("tv", [1] * 3, "2024-02-06")

    (warning,) = summarise("spend", save(text)).warnings

    assert warning == "Weeks begin on different weekdays: mostly Monday, also Tuesday."


def test_names_that_differ_only_in_case_are_kept_and_named(save, summarise, load):
    path = save(SPEND + "2024-01-01,Meta,1\n2024-01-01, meta ,1\n")

    assert load("spend", path)["channel"].tolist() == ["Meta", "meta"]
    assert summarise("spend", path).warnings == (
        "channel: Meta and meta differ only in upper and lower case; they are kept as different.",
    )


def test_repeated_keys_are_named(save, summarise):
    path = save(SPEND + "2024-01-01,meta,1\n2024-01-01,meta,2\n")

    assert summarise("spend", path).warnings == (
        "spend: 1 row was replaced by a later row with the same date, channel, campaign, region.",
    )


@pytest.mark.parametrize(
    ("day", "warning"),
    [
        ("1985-01-01", "spend: begins on 1985-01-01, before 1990."),
        ("2024-07-02", "spend: ends on 2024-07-02, in the future (today is 2024-06-30)."),
    ],
)
def test_days_that_cannot_be_true_are_named(save, summarise, day, warning):
    assert summarise("spend", save(f"{SPEND}{day},meta,1\n")).warnings == (warning,)


def test_events_may_be_planned(save, summarise):
    soon, late = "2025-01-01,2025-01-02,sale\n", "2035-01-01,2035-01-02,sale\n"

    assert summarise("events", save("start,end,name\n" + soon)).warnings == ()
    assert "in the future" in summarise("events", save("start,end,name\n" + late)).warnings[0]


def test_currency_of_the_file_is_told_and_compared(save, summarise):
    path = save("date,channel,spend,currency\n2024-01-01,meta,1,EUR\n")

    assert summarise("spend", path, currency="EUR").warnings == ()
    assert summarise("spend", path, currency="USD").warnings == (
        "The files are in EUR, the tenant's currency is USD.",
    )
    assert summarise("spend", path).currency == "EUR"


def test_many_warnings_of_a_kind_are_cut(save, summarise):
    rows = "".join(weekly(f"channel {i}", [0, 0]) for i in range(30))

    warnings = summarise("spend", save(SPEND + rows)).warnings

    assert len(warnings) == 5
    assert warnings[-1] == "26 more channels spend nothing or stop early."


def test_summary_survives_json(save, summarise):
    summary = summarise("spend", save(SPEND + weekly("tv", [1, 2, 3])))

    assert type(summary).model_validate_json(summary.model_dump_json()) == summary
