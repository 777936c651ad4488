"""Outcomes and controls: a column for each name becomes a row for each name."""

import pytest

from apportion.errors import ImportRefusedError


def test_outcomes_are_made_long(save, load):
    path = save("date,region,revenue,orders\n2024-01-01,north,10,1\n2024-01-01,,30,3\n")

    frame = load("outcomes", path)

    assert frame[["region", "metric", "value"]].to_numpy().tolist() == [
        ["north", "revenue", 10],
        ["", "revenue", 30],
        ["north", "orders", 1],
        ["", "orders", 3],
    ]


def test_controls_are_made_long_and_keep_their_names(save, load):
    path = save("date,Price Index,holiday\n2024-01-01,101.5,1\n")

    frame = load("controls", path)

    assert frame[["name", "value"]].to_numpy().tolist() == [["Price Index", 101.5], ["holiday", 1]]


def test_metrics_are_stored_in_lower_case_and_that_is_told(save, summarise, load):
    path = save("Date,Revenue\n2024-01-01,1\n")

    assert load("outcomes", path)["metric"].tolist() == ["revenue"]
    assert summarise("outcomes", path).notes == (
        "Revenue is stored as revenue: metrics are in lower case",
    )


def test_map_of_a_metric_imports_only_the_mapped_ones(save, load, summarise):
    path = save("location,Y,date,note\nnorth,3,2024-01-01,abc\n")
    columns = {"region": "location", "revenue": "Y"}

    frame = load("outcomes", path, columns=columns)

    assert frame[["region", "metric", "value"]].to_numpy().tolist() == [["north", "revenue", 3]]
    assert summarise("outcomes", path, columns=columns).files[0].ignored == ("note",)


def test_unnamed_columns_are_no_metric(save, load):
    path = save("Unnamed: 0,date,revenue,\n0,2024-01-01,1,x\n")

    assert load("outcomes", path)["metric"].tolist() == ["revenue"]


def test_text_in_a_metric_is_refused_with_the_way_out(save, load):
    path = save("date,revenue,note\n2024-01-01,1,abc\n")

    with pytest.raises(ImportRefusedError, match=r"column note: found 'abc'; .*--map imports only"):
        load("outcomes", path)


def test_empty_metric_is_refused(save, load):
    with pytest.raises(ImportRefusedError, match="row 3, column revenue: found nothing"):
        load("outcomes", save("date,revenue,orders\n2024-01-01,1,1\n2024-01-02,,1\n"))


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("date,region", "no column for any metric"),
        ("revenue,orders", "no column date"),
        ("date,revenue,revenue", "two columns revenue: 2 and 3"),
        ("date,Revenue,revenue", "two columns for revenue"),
    ],
    ids=["no metric", "no date", "same name", "same name in lower case"],
)
def test_header_that_does_not_fit_is_refused(save, opened, header, message):
    with pytest.raises(ImportRefusedError, match=message):
        opened("outcomes", save(f"{header}\n1,2,3\n"))
