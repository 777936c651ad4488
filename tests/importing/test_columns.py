"""Columns: found by name or by --map, refused with what is there and what could be meant."""

import pytest

from apportion.errors import ImportRefusedError

ROW = "2024-01-01,meta,1\n"


def test_columns_come_in_any_order_and_spelling(save, load):
    frame = load("spend", save("Spend,CHANNEL,Date\n1,meta,2024-01-01\n"))

    assert frame["channel"].tolist() == ["meta"]
    assert load(
        "touchpoints",
        save(
            "Touchpoint ID,customer-id,Timestamp,Channel,Ad Set\nt1,c1,2024-01-01T00:00Z,meta,set\n"
        ),
    )["ad_set"].tolist() == ["set"]


def test_map_names_columns_that_are_called_otherwise(save, load):
    path = save("Tag,Kanal,Kosten,channel\n2024-01-01,meta,1,not this\n")
    columns = {"date": "Tag", "channel": "Kanal", "spend": "kosten"}

    assert load("spend", path, columns=columns)["channel"].tolist() == ["meta"]


def test_an_optional_column_that_is_mapped_to_nothing_is_left_out(save, load):
    path = save("date,channel,spend,region\n2024-01-01,meta,1,north\n")

    assert load("spend", path)["region"].tolist() == ["north"]
    assert load("spend", path, columns={"region": ""})["region"].tolist() == [""]


def test_one_column_may_be_mapped_twice(save, load):
    path = save(
        "order_id,mail,timestamp,revenue,is_new_customer\no1,a@b.c,2024-01-01T00:00Z,1,yes\n"
    )

    frame = load("conversions", path, columns={"customer_id": "mail", "email": "mail"})

    assert frame[["customer_id", "email"]].to_numpy().tolist() == [["a@b.c", "a@b.c"]]


def test_columns_that_are_not_used_are_told(save, summarise):
    summary = summarise("spend", save("date,channel,spend,colour,\n2024-01-01,meta,1,red,\n"))

    assert summary.files[0].ignored == ("colour", "column 5")


def test_missing_column_is_refused_with_what_is_there_and_what_is_meant(save, opened):
    path = save("date,chanel,spend\n" + ROW)

    with pytest.raises(ImportRefusedError) as refusal:
        opened("spend", path)

    assert str(refusal.value) == (
        "data.csv has no column channel; spend needs date, channel, spend. "
        "Found: date, chanel, spend. Did you mean chanel? Name it with --map channel=COLUMN."
    )


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"chanel": "date"}, r"--map chanel=date: spend has no column chanel.*mean channel\?"),
        ({"channel": "Kanall"}, r"no column Kanall; --map channel=Kanall.*mean Kanal\?"),
    ],
    ids=["ours", "theirs"],
)
def test_map_of_unknown_columns_is_refused(save, opened, columns, message):
    with pytest.raises(ImportRefusedError, match=message):
        opened("spend", save("date,Kanal,spend\n" + ROW), columns=columns)


def test_two_columns_of_one_name_are_refused(save, opened):
    with pytest.raises(ImportRefusedError, match=r"2 columns that could be spend: .*column 3.*4"):
        opened("spend", save("date,channel,spend,spend\n2024-01-01,meta,1,2\n"))


def test_exact_name_wins_over_another_spelling(save, load):
    path = save("date,channel,spend,Spend\n2024-01-01,meta,1,2\n")

    assert load("spend", path)["spend"].tolist() == [1]


def test_unknown_dataset_is_refused_with_the_known_ones(save, opened):
    with pytest.raises(
        ImportRefusedError, match=r"no dataset spends; .*mmm\. Did you mean spend\?"
    ):
        opened("spends", save("date,channel,spend\n" + ROW))


def test_import_without_files_is_refused(opened):
    with pytest.raises(ImportRefusedError, match="No file was named"):
        opened("spend")
