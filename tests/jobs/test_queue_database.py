"""Whether workers can use DBOS's tables, as the doctor tells it."""

import pytest

from apportion.config import Settings
from apportion.jobs import queue_database


@pytest.mark.parametrize(
    "urls", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_a_queue_that_was_not_made_is_to_be_mended_and_then_it_is_well(urls):
    settings = Settings(_env_file=None, database_url=urls.serving, migration_url=urls.owner)
    unmade = settings.model_copy(
        update={"database_url": urls.administrator.replace("apportion", "postgres")}
    )

    missing = queue_database.check(unmade)
    queue_database.prepare(settings)
    made = queue_database.check(settings)

    assert not missing.ok
    assert "apportion migrate" in missing.remedy
    assert made.ok, made.what


def test_an_embedded_queue_needs_no_preparation(tmp_path):
    found = queue_database.check(Settings(_env_file=None, home=tmp_path))

    assert found.ok
    assert "SQLite 3." in found.what
