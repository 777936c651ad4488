"""The door to a tenant: whose it is is settled by the process or the job, and stays so."""

import pytest

from apportion.config import Settings
from apportion.errors import ConfigurationError, NotFoundError, ParameterError
from apportion.results.mmm import ModelStatus
from apportion.workspace import open_workspace


@pytest.fixture
def settings(database_url, two_tenants, tmp_path):
    return Settings(_env_file=None, home=tmp_path, database_url=database_url)


def _serving(settings, tenant):
    return settings.model_copy(update={"tenant": tenant})


def test_process_that_serves_a_tenant_opens_it(settings):
    assert open_workspace(settings=_serving(settings, "acme")).tenant.slug == "acme"


def test_job_names_its_tenant(settings):
    assert open_workspace("bolt", settings=settings).tenant.slug == "bolt"


def test_nobody_s_process_opens_nothing(settings):
    with pytest.raises(ConfigurationError, match="No tenant"):
        open_workspace(settings=settings)


def test_another_tenant_is_indistinguishable_from_one_that_is_not_there(settings):
    serving = _serving(settings, "acme")

    with pytest.raises(NotFoundError) as other:
        open_workspace("bolt", settings=serving)
    with pytest.raises(NotFoundError) as absent:
        open_workspace("colt", settings=serving)
    with pytest.raises(NotFoundError) as unknown:
        open_workspace("colt", settings=settings)

    assert str(other.value) == "There is no tenant 'bolt'."
    assert str(absent.value) == str(unknown.value) == "There is no tenant 'colt'."


def test_tenant_without_a_model_has_an_empty_draft(settings):
    latest = open_workspace("bolt", settings=settings).mmm.latest()

    assert (latest.status, latest.version, latest.currency) == (ModelStatus.DRAFT, 0, "USD")


@pytest.mark.parametrize("name", ["start", "end"])
def test_dates_must_be_dates(settings, name):
    workspace = open_workspace("acme", settings=settings)

    with pytest.raises(ParameterError, match=f"{name} must be a date as YYYY-MM-DD; found 'May'"):
        workspace.mmm.prepare(**{name: "May"})
