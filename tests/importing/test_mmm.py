"""The one wide file of a media mix model fills spend, outcomes and controls."""

import pytest

from apportion.errors import ImportRefusedError

TEXT = (
    "DATE,Sales,tv,Search,price,events\n"
    "2024-01-01,100,10,5,1.5,na\n"
    "2024-01-08,120,0,6,1.4,na\n"
    "2024-01-15,90,12,0,1.6,easter\n"
)
OPTIONS = {"outcome": "Sales", "spend": ("tv", "Search"), "control": ("price",)}


def test_three_datasets_are_filled(save, opened):
    imported = opened("mmm", save(TEXT), date="DATE", **OPTIONS)

    frames = {part: next(imported.batches(part)) for part in imported.parts}

    assert list(frames) == ["spend", "outcomes", "controls"]
    spend = frames["spend"].pivot_table(index="date", columns="channel", values="spend")
    assert spend.to_dict("list") == {"Search": [5, 6, 0], "tv": [10, 0, 12]}
    assert frames["outcomes"][["region", "metric", "value"]].to_numpy().tolist() == [
        ["", "sales", 100],
        ["", "sales", 120],
        ["", "sales", 90],
    ]
    assert frames["controls"]["name"].tolist() == ["price"] * 3


def test_summary_says_the_metric_the_cadence_and_what_is_ignored(save, summarise):
    summary = summarise("mmm", save(TEXT), **OPTIONS)

    assert "Sales is stored as sales: metrics are in lower case" in summary.notes
    assert {part.dataset: part.rows for part in summary.parts} == {
        "spend": 6,
        "outcomes": 3,
        "controls": 3,
    }
    assert {part.cadence for part in summary.parts} == {"weekly"}
    assert summary.files[0].ignored == ("events",)
    assert summary.rows == 12


def test_revenue_is_the_outcome_unless_another_is_named(save, opened):
    imported = opened("mmm", save(TEXT.replace("Sales", "Revenue")), spend=("tv",))

    assert next(imported.batches("outcomes"))["metric"].unique().tolist() == ["revenue"]
    assert imported.parts == ("spend", "outcomes")


def test_map_renames_channels(save, opened):
    imported = opened(
        "mmm",
        save(TEXT),
        columns={"television": "tv", "revenue": "Sales"},
        spend=("television",),
    )

    assert next(imported.batches("spend"))["channel"].unique().tolist() == ["television"]
    assert next(imported.batches("outcomes"))["metric"].unique().tolist() == ["revenue"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({**OPTIONS, "spend": ()}, r"spend columns named.* has DATE, Sales, tv, Search"),
        ({**OPTIONS, "outcome": None}, "no column revenue; name the column to explain with"),
        ({**OPTIONS, "spend": ("tv", "radio")}, "no column radio; --spend names it"),
        ({**OPTIONS, "control": ("prise",)}, r"no column prise.*Did you mean price\?"),
        ({**OPTIONS, "date": "Datum"}, "no column Datum; --date names it"),
        ({**OPTIONS, "control": ("tv",)}, "tv is named by --spend and by --control"),
        ({**OPTIONS, "outcome": "tv"}, "tv is named by --outcome and by --spend"),
        ({**OPTIONS, "spend": ("tv", "tv")}, "tv is named by --spend and by --spend"),
    ],
    ids=["no spend", "no outcome", "spend", "control", "date", "two roles", "outcome", "twice"],
)
def test_columns_that_do_not_fit_are_refused(save, opened, options, message):
    with pytest.raises(ImportRefusedError, match=message):
        opened("mmm", save(TEXT), **options)


def test_constant_outcome_is_refused_before_a_row_is_given(save, opened):
    text = TEXT.replace("120", "100").replace("90", "100")

    with pytest.raises(ImportRefusedError, match="outcome Sales is 100 in all 3 rows"):
        next(opened("mmm", save(text), **OPTIONS).batches("spend"))


def test_outcome_of_text_is_refused_before_a_row_of_spend_is_given(save, opened):
    text = TEXT.replace("120", "abc")

    with pytest.raises(
        ImportRefusedError, match="row 3, column Sales: found 'abc'; allowed: a numb"
    ):
        next(opened("mmm", save(text), **OPTIONS).batches("spend"))


def test_bad_date_is_one_bad_row_though_it_is_read_three_times(save, opened):
    with pytest.raises(ImportRefusedError, match="1 row is bad") as refusal:
        opened("mmm", save(TEXT.replace("2024-01-08", "08.01.2024")), **OPTIONS).check()

    assert len(refusal.value.problems) == 1


def test_negative_and_empty_spend_are_refused(save, opened):
    text = TEXT.replace(",12,", ",-12,").replace("120,0,", "120,,")

    with pytest.raises(ImportRefusedError) as refusal:
        opened("mmm", save(text), **OPTIONS).check()

    assert [(p.row, p.found) for p in refusal.value.problems] == [(3, "nothing"), (4, "'-12'")]
