"""Import by upload: checked first, stored whole or not at all, and nobody else's to touch."""

import re

import pytest

from apportion.server.multipart import own_name

SPEND = "date,channel,spend\n2020-01-01,radio,10\n2020-01-02,radio,11\n"
BAD = "date,channel,spend\n2020-01-01,radio,10\nyesterday,radio,ten\n"
BOUNDARY = "x" * 20


def body_of(dataset, *files):
    """Give the body of the form with files (name, text)."""
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="dataset"\r\n\r\n{dataset}\r\n']
    parts += [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        f"Content-Type: text/csv\r\n\r\n{text}\r\n"
        for name, text in files
    ]
    return ("".join(parts) + f"--{BOUNDARY}--\r\n").encode()


def upload(visitor, dataset, *files):
    """Send files as the form of the data page does."""
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    address = f"/data/uploads?_xsrf={visitor.xsrf}"
    return visitor.request("POST", address, body_of(dataset, *files), Content_Type=kind)


def finished(visitor, address):
    """Wait until an upload is no longer worked on; give its page."""
    for _ in range(200):
        page = visitor.get(address)
        if "refresh" not in page.headers:
            return page
    raise AssertionError(page.text)


def rows(house, slug, channel="radio"):
    spend = house.store.for_tenant(slug).spend()
    return int((spend["channel"] == channel).sum())


def test_an_upload_is_checked_then_imported_for_the_own_tenant(house, people):
    ann = people("ann@acme.example")
    address = upload(ann, "spend", ("radio.csv", SPEND)).headers["location"]
    checked = finished(ann, address)

    assert "All rows are good" in checked.text
    assert "Import 2 rows" in checked.text
    assert rows(house, "acme") == 0

    form = dict(re.findall(r'<select id="m-\d+" name="([^"]+)">.*?value="([^"]*)" selected',
                           checked.text))  # fmt: skip
    ann.post(address, do="import", **form)
    assert "Imported" in finished(ann, address).text

    assert rows(house, "acme") == 2
    assert rows(house, "birch") == 0
    assert "radio.csv" in ann.get("/data").text
    assert "radio.csv" not in people("ben@birch.example").get("/data").text
    assert "Data imported" in people("ada@acme.example").get("/settings/audit").text


def test_a_bad_row_refuses_all_and_is_shown_with_what_is_allowed(house, people):
    ann = people("ann@acme.example")
    before = len(house.store.for_tenant("acme").spend())
    page = finished(ann, upload(ann, "spend", ("bad.csv", BAD)).headers["location"]).text

    assert "This cannot be imported yet" in page
    assert "Row 3" in page
    assert "&#39;yesterday&#39;" in page
    assert "Import 2 rows" not in page
    assert len(house.store.for_tenant("acme").spend()) == before


def test_a_column_that_is_called_otherwise_is_named_in_the_page(house, people):
    ann = people("ann@acme.example")
    file = ("other.csv", SPEND.replace("channel", "where").replace("radio", "podcast"))
    address = upload(ann, "spend", file).headers["location"]
    assert "This cannot be imported yet" in finished(ann, address).text

    columns = {"map.date": "date", "map.channel": "where", "map.spend": "spend"}
    ann.post(address, do="check", **columns)
    assert "All rows are good" in finished(ann, address).text
    ann.post(address, do="import", **columns)
    finished(ann, address)

    assert rows(house, "acme", "podcast") == 2


def test_an_optional_column_that_was_recognised_can_be_left_out(house, people):
    ann = people("ann@acme.example")
    lines = ("date,channel,spend,Region", "2020-01-01,poster,1,north", "2020-01-02,poster,2,south")
    address = upload(ann, "spend", ("regions.csv", "\n".join(lines))).headers["location"]
    assert 'value="Region" selected' in finished(ann, address).text

    columns = {"map.date": "date", "map.channel": "channel", "map.spend": "spend"}
    ann.post(address, do="check", **columns, **{"map.region": ""})
    page = finished(ann, address).text

    assert 'value="Region" selected' not in page
    assert "All rows are good" in page
    ann.post(address, do="import", **columns, **{"map.region": ""})
    finished(ann, address)
    spend = house.store.for_tenant("acme").spend()
    assert set(spend.loc[spend["channel"] == "poster", "region"]) == {""}


def test_a_wide_file_has_its_columns_roles_named(house, people):
    ben = people("ben@birch.example")
    weeks = [f"2020-01-{day:02},{100 + day},{day},{day / 2}" for day in (6, 13, 20, 27)]
    file = ("weekly.csv", "\n".join(["week,revenue,tv_spend,price", *weeks]))
    address = upload(ben, "mmm", file).headers["location"]
    page = finished(ben, address).text

    assert "Name the columns, then check" in page
    for place, role in enumerate(("date", "outcome", "spend")):
        assert re.search(rf'name="role.{place}">.*?value="{role}" selected', page)
    roles = {"role.0": "date", "role.1": "outcome", "role.2": "spend", "role.3": "control"}
    ben.post(address, do="check", **roles)
    assert "All rows are good" in finished(ben, address).text
    ben.post(address, do="import", **roles)
    finished(ben, address)

    assert rows(house, "birch", "tv_spend") == 4


def test_the_form_that_is_imported_is_the_one_that_was_checked(house, people):
    ann = people("ann@acme.example")
    file = ("swap.csv", "date,channel,spend,more\n2020-01-01,swap,1,2\n")
    address = upload(ann, "spend", file).headers["location"]
    finished(ann, address)

    other = {"map.date": "date", "map.channel": "channel", "map.spend": "more"}
    ann.post(address, do="import", **other)

    assert "All rows are good" in finished(ann, address).text  # checked again, not imported
    assert rows(house, "acme", "swap") == 0


@pytest.mark.parametrize("email", ["ada@acme.example", "ben@birch.example", "vic@acme.example"])
@pytest.mark.parametrize("do", ["import", "check", "discard"])
def test_an_upload_is_nobody_elses(house, people, email, do):
    ann = people("ann@acme.example")
    address = upload(ann, "spend", ("mine.csv", SPEND.replace("radio", "mine"))).headers["location"]
    finished(ann, address)
    other = people(email)

    assert other.get(address).status in (403, 404)
    assert other.post(address, do=do).status in (403, 404)
    assert ann.get(address).status == 200
    assert rows(house, "acme", "mine") == 0


def test_nobody_uploads_without_signing_in(house):
    visitor = house.anybody()
    visitor.get("/login")

    assert upload(visitor, "spend", ("x.csv", SPEND)).status == 403


def test_an_upload_from_another_site_is_refused(people):
    ann = people("ann@acme.example")
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    body = body_of("spend", ("x.csv", SPEND))

    assert ann.request("POST", "/data/uploads", body, Content_Type=kind).status == 403
    wrong = f"/data/uploads?_xsrf={'0' * 20}"
    assert ann.request("POST", wrong, body, Content_Type=kind).status == 403


def test_what_is_too_large_is_refused_before_it_is_kept(people):
    ann = people("ann@acme.example")

    with pytest.raises((ConnectionError, AssertionError)):
        assert upload(ann, "spend", ("big.csv", "x" * (2 << 20))).status == 303
    assert ann.get("/data").status == 200


@pytest.mark.parametrize(
    ("dataset", "files", "message"),
    [
        ("spend", [], "No file was chosen"),
        ("spend", [("", "")], "No file was chosen"),
        ("spend", [("empty.csv", "")], "No file was chosen"),
        ("passwords", [("x.csv", SPEND)], "Choose what the files hold"),
        ("spend", [(f"{n}.csv", SPEND) for n in range(30)], "20 files at most"),
    ],
    ids=["none", "left empty", "empty", "another dataset", "too many"],
)
def test_a_form_that_makes_no_sense_is_refused(people, dataset, files, message):
    answer = upload(people("ann@acme.example"), dataset, *files)

    assert answer.status == 422
    assert message in answer.text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b""),
        (f"multipart/form-data; boundary={BOUNDARY}", b"nonsense"),
        (f"multipart/form-data; boundary={BOUNDARY}", body_of("spend", ("x.csv", SPEND))[:-30]),
    ],
    ids=["JSON", "no boundary", "nonsense", "broken off"],
)
def test_a_body_that_is_no_form_is_refused(people, kind, body):
    ann = people("ann@acme.example")

    answer = ann.request("POST", f"/data/uploads?_xsrf={ann.xsrf}", body, Content_Type=kind)

    assert answer.status == 422
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/cron.d/x", "x"),
        ("..\\..\\x.csv", "x.csv"),
        ("/etc/passwd", "passwd"),
        ("..", "file"),
        (".", "file"),
        ("", "file"),
        ("a\x00b\n.csv", "ab.csv"),
        ("x" * 300 + ".csv", "x" * 116 + ".csv"),
    ],
)
def test_a_files_name_leads_nowhere(sent, kept):
    assert own_name(sent) == kept


def test_a_name_with_markup_stays_text(people):
    ann = people("ann@acme.example")
    name = "<img src=x onerror=alert(1)>.csv"

    page = finished(ann, upload(ann, "spend", (name, SPEND)).headers["location"]).text

    assert "<img" not in page
    assert "&lt;img" in page
