"""Exports of well-known tools are recognised by their columns and mapped."""

import csv
from pathlib import Path

import pandas as pd
import pytest

from apportion.errors import ImportRefusedError

FILES = Path(__file__).parent / "files"


def rows(frame: pd.DataFrame, *columns: str) -> list[list[object]]:
    return frame[list(columns)].astype(object).to_numpy().tolist()


def test_fivetran_ad_report_becomes_spend_with_our_channels(load, summarise):
    path = FILES / "fivetran_ad_report.csv"

    frame = load("spend", path)

    assert rows(frame, "date", "channel", "campaign", "spend", "impressions", "clicks") == [
        [pd.Timestamp("2024-01-01"), "meta", "Prospecting", 150.75, 12500, 310],
        [pd.Timestamp("2024-01-01"), "google", "Brand search", 80.2, 4000, 260],
        [pd.Timestamp("2024-01-01"), "tiktok", "Launch", 42.0, 9000, pd.NA],
        [pd.Timestamp("2024-01-02"), "meta", "Prospecting", 99.5, 8000, 190],
        [pd.Timestamp("2024-01-02"), "podcast_network", "Spring", 60.0, 0, 0],
    ]
    summary = summarise("spend", path)
    assert summary.files[0].format == "Fivetran ad report"
    assert summary.files[0].ignored == (
        "source_relation",
        "account_name",
        "ad_group_name",
        "conversions",
        "conversions_value",
    )
    assert "ad groups are added up" in summary.notes[0]


def test_meta_ads_export_becomes_spend_without_its_summary_row(load, summarise):
    path = FILES / "meta_ads.csv"

    frame = load("spend", path)

    assert rows(frame, "date", "channel", "campaign", "spend", "impressions", "clicks") == [
        [pd.Timestamp("2024-03-01"), "meta", "Spring, broad", 1334.56, 45912, 610],
        [pd.Timestamp("2024-03-01"), "meta", "Retargeting", 20.0, 900, 15],
        [pd.Timestamp("2024-03-02"), "meta", "Spring, broad", 1002.0, 39887, 540],
    ]
    summary = summarise("spend", path, currency="EUR")
    assert summary.currency == "USD"
    assert summary.files[0].left_out == 1
    assert "The files are in USD, the tenant's currency is EUR." in summary.warnings


def test_meta_ads_export_by_reporting_dates_is_taken_when_each_row_is_a_day(save, load):
    text = "Reporting starts,Reporting ends,Campaign name,Amount spent (EUR)\n"
    day = "2024-03-01,2024-03-01,Spring,10.5\n"

    assert load("spend", save(text + day))["spend"].tolist() == [10.5]
    with pytest.raises(ImportRefusedError, match=r"row 3, column Reporting ends: .*by day"):
        load("spend", save(text + day + "2024-03-01,2024-03-31,Spring,300\n"))


def test_google_ads_export_is_read_below_its_title_and_without_its_totals(load, summarise):
    path = FILES / "google_ads.csv"

    frame = load("spend", path)

    assert rows(frame, "date", "channel", "campaign", "spend", "impressions", "clicks") == [
        [pd.Timestamp("2024-09-01"), "google", "Total comfort - Search", 15.44, 1334, 9],
        [pd.Timestamp("2024-09-02"), "google", "Total comfort - Search", 1020.5, 10500, 88],
        [pd.Timestamp("2024-09-01"), "google", "Brand - Search", 3.1, 40, pd.NA],
    ]
    summary = summarise("spend", path)
    assert (summary.files[0].left_out, summary.currency) == (3, "CAD")
    assert summary.notes[0].endswith("; commas between thousands are allowed")


def test_google_ads_problem_has_the_row_of_the_file(save, load):
    text = (FILES / "google_ads.csv").read_text().replace('"1,020.50"', '"1.020,50"')

    with pytest.raises(ImportRefusedError, match=r"row 6, column Cost: found '1\.020,50'"):
        load("spend", save(text))


def test_google_ads_export_for_excel_is_the_same_table(save, load):
    with (FILES / "google_ads.csv").open(newline="") as file:
        text = "\r\n".join("\t".join(cells) for cells in csv.reader(file))

    from_excel = load("spend", save(text.encode("utf-16")))

    pd.testing.assert_frame_equal(from_excel, load("spend", FILES / "google_ads.csv"))


def test_shopify_orders_become_conversions_and_items(opened, load):
    path = FILES / "shopify_orders.csv"

    assert opened("conversions", path).parts == ("conversions", "order_items")
    orders = load("conversions", path, part="conversions")
    assert rows(orders, "order_id", "customer_id", "revenue", "email", "is_new_customer") == [
        ["#1001", "ada@example.com", 98.9, "Ada@example.com", True],
        ["#1002", "#1002", 25.0, "", True],
        ["#1005", "ada@example.com", 40.0, "ada@example.com", False],
    ]
    assert orders["timestamp"][0] == pd.Timestamp("2024-05-01T08:00:00Z")
    items = load("conversions", path, part="order_items")
    assert sorted(rows(items, "order_id", "product", "quantity", "unit_price")) == [
        ["#1001", "Matcha, 100 g", 1, 62.95],
        ["#1001", "Matcha, 50 g", 3, 12.0],
        ["#1002", "Mug\nblue", 1, 25.0],
        ["#1005", "Matcha, 50 g", 2, 20.0],
    ]


def test_shopify_orders_that_are_no_sale_are_left_out_and_that_is_told(summarise):
    summary = summarise("order_items", FILES / "shopify_orders.csv")

    assert summary.currency == "EUR"
    assert {part.dataset: part.rows for part in summary.parts} == {
        "conversions": 3,
        "order_items": 4,
    }
    assert "voided, expired and cancelled orders are left out" in summary.notes[0]


def test_shopify_items_of_a_cancelled_order_are_left_out_across_parts(monkeypatch, load):
    monkeypatch.setattr("apportion.importing.files.CHUNK_ROWS", 1)
    monkeypatch.setattr("apportion.importing.files._BLOCK_BYTES", 600)

    items = load("conversions", FILES / "shopify_orders.csv", part="order_items")

    assert set(items["order_id"]) == {"#1001", "#1002", "#1005"}


def test_ga4_export_becomes_outcomes_per_day(load, summarise):
    path = FILES / "ga4_channels.csv"

    frame = load("outcomes", path)

    wide = frame.pivot_table(index="date", columns="metric", values="value")
    assert wide.loc["2024-01-01"].to_dict() == {
        "engaged_sessions": 1090,
        "orders": 12,
        "revenue": 812.5,
        "sessions": 1734,
    }
    assert len(wide) == 2
    summary = summarise("outcomes", path)
    assert summary.files[0].format == "Google Analytics 4 export"
    assert summary.files[0].left_out == 1
    assert "Engagement rate" in summary.files[0].ignored


def test_plain_outcomes_are_not_taken_for_an_export(save, load):
    path = save("date,sessions,newsletter\n2024-01-01,10,1\n")

    assert set(load("outcomes", path)["metric"]) == {"sessions", "newsletter"}


def test_file_with_our_own_columns_is_not_taken_for_an_export(save, load):
    text = "date_day,platform,spend,date,channel\n2024-01-01,google_ads,1,2024-01-02,radio\n"

    assert load("spend", save(text))["channel"].tolist() == ["radio"]


def test_map_overrides_a_column_of_an_export(save, load):
    text = "Day,Campaign name,Amount spent (USD),Link clicks,Clicks (all)\n2024-01-01,a,1,2,3\n"

    frame = load("spend", save(text), columns={"clicks": "Clicks (all)"})

    assert frame["clicks"].tolist() == [3]


def test_exports_of_two_tools_are_one_import(load):
    frame = load("spend", FILES / "meta_ads.csv", FILES / "fivetran_ad_report.csv")

    assert len(frame) == 8


def test_files_in_two_currencies_are_refused(opened):
    imported = opened("spend", FILES / "meta_ads.csv", FILES / "google_ads.csv")

    with pytest.raises(ImportRefusedError, match=r"column Currency code: found 'CAD'; .* is USD"):
        imported.check()


def test_headers_in_two_currencies_are_refused(save, opened):
    text = "Day,Campaign name,Amount spent ({})\n2024-01-0{},a,1\n"
    imported = opened(
        "spend", save(text.format("USD", 1), "us.csv"), save(text.format("EUR", 2), "eu.csv")
    )

    with pytest.raises(ImportRefusedError, match=r"eu\.csv is in EUR, the files before it in USD"):
        imported.check()


def test_overlapping_exports_are_refused_because_they_would_count_twice(save, opened):
    text = "Day,Campaign name,Amount spent (USD)\n2024-01-01,a,1\n2024-01-02,a,1\n"
    imported = opened("spend", save(text, "one.csv"), save(text, "two.csv"))

    with pytest.raises(
        ImportRefusedError, match=r"2 rows are in more than one of one.csv, two.csv"
    ):
        imported.check()


def test_thousands_are_refused_outside_known_exports(save, load):
    with pytest.raises(ImportRefusedError, match="commas between thousands"):
        load("spend", save('date,channel,spend\n2024-01-01,google,"1,020.50"\n'))
