"""For whom a process acts: told by the server, and what a viewer may not write is refused."""

import datetime as dt
import socket

import pandas as pd
import pytest

from apportion.config import Settings
from apportion.errors import ConfigurationError, ForbiddenError
from apportion.results.accounts import ActingMember, Role
from apportion.results.runs import RunStatus
from apportion.store import Store
from apportion.workspace import Workspace, open_workspace

SPEND = pd.DataFrame({"date": [dt.date(2026, 11, 1)], "channel": ["meta"], "spend": [1.0]})
WRITES = {
    "import data": lambda workspace: workspace.data.store_frames({"spend": SPEND}, lambda _: None),
    "start a run": lambda workspace: workspace.runs.start("mmm", {}),
    "train": lambda workspace: workspace._store.start_model(
        channels=["meta"], start=None, end=None
    ),
}


@pytest.fixture
def settings(database_url, two_tenants, tmp_path):
    """Settings of a process that serves acme."""
    return Settings(_env_file=None, home=tmp_path, database_url=database_url, tenant="acme")


@pytest.fixture
def opened(settings):
    """Open acme's workspace in a process that acts for somebody of a role."""

    def open_for(role):
        values = {"member_id": "4711", "member_name": "vic@acme.example", "member_role": role}
        return open_workspace(settings=settings.model_copy(update=values))

    return open_for


def test_a_process_of_nobody_s_has_no_member_and_may_write(settings):
    workspace = open_workspace(settings=settings)

    assert workspace.member is None
    workspace.data.store_frames({"spend": SPEND}, lambda _: None)
    assert workspace.data.holds("spend")


@pytest.mark.parametrize("role", Role)
def test_a_page_knows_for_whom_it_acts(opened, role):
    member = opened(str(role)).member

    assert member == ActingMember(id="4711", name="vic@acme.example", role=role)
    assert member.may(Role.VIEWER)
    assert member.may(Role.ANALYST) == (role is not Role.VIEWER)


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_viewer_s_process_cannot_write(opened, write):
    workspace = opened("viewer")

    with pytest.raises(ForbiddenError, match=r"needs the role .*; yours is viewer.*of Acme"):
        write(workspace)

    assert not workspace.data.holds("spend")
    assert workspace.runs.list() == []
    assert workspace.mmm.versions() == []


def test_an_analyst_s_process_writes(opened):
    opened("analyst").data.store_frames({"spend": SPEND}, lambda _: None)

    assert opened("viewer").data.holds("spend")


def test_a_viewer_who_looks_still_sees_a_run_whose_process_died_as_failed(opened, two_tenants):
    acme, _ = two_tenants
    dead = {"host": socket.gethostname(), "pid": 2**22 + 1, "process_started": 1.0}
    run = acme.start_run("mmm", {}, **dead)

    assert opened("viewer").runs.get(run.id).status is RunStatus.FAILED


def test_a_request_s_workspace_has_the_member_s_limits_too(settings, database_url):
    viewer = ActingMember(id="1", name="vic@acme.example", role=Role.VIEWER)
    workspace = Workspace(Store(database_url), "acme", settings, viewer)

    with pytest.raises(ForbiddenError):
        workspace.runs.start("mmm", {})


@pytest.mark.parametrize(
    "said",
    [
        {"member_role": "admin"},
        {"member_id": "1", "member_name": "a@b.example"},
        {"member_id": "1", "member_name": "a@b.example", "member_role": "owner"},
        {"member_id": "1", "member_name": "a@b.example", "member_role": ""},
    ],
    ids=["role alone", "no role", "unknown role", "empty role"],
)
def test_half_a_member_opens_nothing(settings, said):
    with pytest.raises(ConfigurationError, match="APPORTION_MEMBER_ROLE are set by the server"):
        open_workspace(settings=settings.model_copy(update=said))
