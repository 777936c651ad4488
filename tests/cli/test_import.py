"""`apportion import`: a bad file is refused with its reason, and nothing of it is stored."""

import pytest

from apportion.config import Settings
from apportion.workspace import open_workspace
from command import run, succeed

HEADER = "DATE,revenue,tv\n"
WEEKS = [f"2024-0{1 + week // 4}-{1 + 7 * (week % 4):02d}" for week in range(30)]


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    settings = Settings(_env_file=None, home=tmp_path_factory.mktemp("home"))
    succeed(settings, "migrate")
    succeed(settings, "tenant", "add", "acme")
    return settings


def _write(folder, rows):
    path = folder / "weekly.csv"
    path.write_text(HEADER + "\n".join(rows))
    return path


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["2024-01-01,100,ten"], "row 2, column tv: found 'ten'"),
        (["2024-01-01,100,10", "01/08/2024,90,10"], "row 3, column DATE: found '01/08/2024'"),
        (["2024-01-01,100,-5"], "row 2, column tv: found '-5'"),
        (['2024-01-01,100,"12,5"'], "row 2, column tv: found '12,5'"),
        ([f"{day},100,{10 + n}" for n, day in enumerate(WEEKS[:3])], "revenue"),
    ],
    ids=["text", "date", "negative spend", "decimal comma", "constant outcome"],
)
def test_bad_file_is_refused_with_its_reason(settings, tmp_path, rows, message):
    file = _write(tmp_path, rows)

    done = run(
        settings, "import", "acme", "mmm", file, "--date", "DATE", "--outcome", "revenue",
        "--spend", "tv",
    )  # fmt: skip

    assert done.returncode == 1
    assert message in done.stderr
    assert not open_workspace("acme", settings=settings).data.holds("spend")


def test_unknown_column_is_refused_with_those_there_are(settings, tmp_path):
    file = _write(tmp_path, ["2024-01-01,100,10"])

    done = run(
        settings, "import", "acme", "mmm", file, "--date", "DATE", "--outcome", "revenue",
        "--spend", "tvv",
    )  # fmt: skip

    assert done.returncode == 1
    assert "tvv" in done.stderr
    assert "DATE, revenue, tv" in done.stderr


def test_dry_run_says_what_is_there_and_stores_nothing(settings, tmp_path):
    file = tmp_path / "spend.csv"
    file.write_text("date,channel,spend\n2024-01-01,meta,10\n2024-01-03,meta,10\n")

    done = run(settings, "import", "acme", "spend", file, "--dry-run")

    assert done.returncode == 0
    assert "Nothing was stored" in done.stderr
    assert not open_workspace("acme", settings=settings).data.holds("spend")


def test_columns_can_be_mapped_and_a_second_import_replaces(settings, tmp_path):
    file = tmp_path / "results.csv"
    file.write_text("date,location,Y\n2024-01-01,berlin,3\n2024-01-02,berlin,4\n")
    mapping = ("--map", "region=location", "--map", "revenue=Y")

    succeed(settings, "import", "acme", "outcomes", file, *mapping)
    succeed(settings, "import", "acme", "outcomes", file, *mapping)

    outcomes = open_workspace("acme", settings=settings)._store.outcomes()
    assert outcomes["region"].tolist() == ["berlin", "berlin"]
    assert outcomes["metric"].unique().tolist() == ["revenue"]
