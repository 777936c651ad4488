"""The key for Claude is sent to Claude, and stands in nothing that anybody can read."""

import json
import logging
import traceback

import pytest

from apportion.config import CHECKOUT, Settings
from apportion.jobs.runner import run_notebook
from apportion.narration.client import NoAnswerError, client_of, deadline, send, text_of
from apportion.store import Store
from apportion.store.migrations import migrate
from apportion.workspace import open_workspace
from narration.fake_claude import Step, fake_claude, message
from workspace.test_insights import frames

KEY = "sk-planted-5f3a9c"
ECHO = json.dumps({"type": "error", "error": {"type": "authentication_error", "message": KEY}})
REFUSALS = {
    "refused": Step(ECHO, status=401),
    "a page": Step(f"<html>{KEY}</html>", media_type="text/html"),
    "another shape": Step(json.dumps({"content": KEY})),
    "prose": Step(message(KEY)),
}
"""A service, or a proxy before it, that repeats the key."""


@pytest.fixture
def claude():
    with fake_claude() as serving:
        yield serving


@pytest.fixture
def settings(tmp_path, claude):
    made = Settings(
        _env_file=None,
        home=tmp_path,
        notebooks=CHECKOUT / "notebooks",
        claude_api_key=KEY,
        claude_base_url=claude.url,
    )
    migrate(made)
    Store(made.database_url).add_tenant("acme", name="A", currency="EUR", timezone="UTC")
    return made


def everything_under(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_leaves_the_key_in_no_file_row_or_log(settings, claude, caplog):
    caplog.set_level(logging.DEBUG)
    workspace = open_workspace("acme", settings=settings)
    tenant = Store(settings.database_url).for_tenant("acme")
    tenant.write_all((name, [frame]) for name, frame in frames().items())
    claude.steps = [REFUSALS["prose"], REFUSALS["refused"]]

    run = run_notebook(workspace, "ai_insights")

    assert len(claude.headers) == 2
    assert all(KEY in str(headers) for headers in claude.headers)
    assert workspace.insights.stored().summary.reason == "outage"
    said = [line.message for line in workspace.runs.log(run.id)]
    assert KEY not in f"{said} {run} {caplog.text} {workspace.insights.stored()} {settings!r}"
    files = everything_under(settings.home)
    assert any(path.suffix == ".ipynb" for path in files)
    assert [path for path, held in files.items() if KEY.encode() in held] == []


@pytest.mark.parametrize("name", REFUSALS)
def test_an_error_does_not_show_what_the_service_repeats(settings, claude, caplog, name):
    caplog.set_level(logging.DEBUG)
    claude.steps = [REFUSALS[name]]
    client = client_of(settings)
    request = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}

    told = ""
    try:
        text_of(send(client, deadline(5), request))
    except NoAnswerError as error:
        told = "".join(traceback.format_exception(error))

    assert KEY in str(claude.headers[0])
    assert KEY not in told
    assert KEY not in caplog.text
