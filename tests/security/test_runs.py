"""Runs, logs, progress, notebooks and versions: the own tenant's, for its analysts."""

import json

import nbformat
import pytest

from apportion.results.accounts import Role
from apportion.results.runs import RunStatus
from security.test_tenants import other

RUNS = "/api/admin/attribution/runs"
VERSIONS = "/runs/versions"
NEVER = "00000000-0000-4000-8000-000000000000"
ANALYST = {"acme": "ann@acme.example", "birch": "ben@birch.example"}


@pytest.fixture(scope="module")
def done(house):
    """A failed run of each tenant, with a log and its executed notebook; and one at work."""
    made = {}
    for slug in ANALYST:
        store = house.store.for_tenant(slug)
        run = store.start_run("mmm", {}, host="elsewhere", pid=1, process_started=1.0)
        store.add_log_line(run.id, f"secret of {slug}")
        folder = house.settings.home / "runs" / slug / "mmm"
        folder.mkdir(parents=True)
        path = folder / "run.ipynb"
        cell = nbformat.v4.new_markdown_cell(f"secret of {slug} <script>alert(1)</script>")
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
        store.finish_run(run.id, RunStatus.FAILED, f"secret of {slug}", output_path=str(path))
        about = {"channels": "meta"}
        open_run = store.start_run("mmm", about, host="elsewhere", pid=1, process_started=1.0)
        store.report_progress(open_run.id, 0.37, f"sampling for {slug}")
        made[slug] = (run.id, open_run.id)
    yield made
    for slug, (_, open_id) in made.items():
        house.store.for_tenant(slug).finish_run(open_id, RunStatus.FAILED, "over")


@pytest.mark.parametrize("slug", ANALYST)
def test_an_analyst_sees_the_own_runs_their_log_and_their_notebook(people, done, slug):
    visitor, (run_id, open_id) = people(ANALYST[slug]), done[slug]
    listed = visitor.get("/runs").text
    one = visitor.get(f"/runs/{run_id}").text
    notebook = visitor.get(f"/runs/{run_id}/notebook")
    working = visitor.get(f"/runs/{open_id}").text

    assert f"secret of {slug}" in listed
    assert f"secret of {slug}" in one
    assert f"secret of {slug}" in notebook.text
    assert f"sampling for {slug}" in working
    assert "37%" in working
    for text in (listed, one, notebook.text, working):
        assert f"secret of {other(slug)}" not in text
        assert f"sampling for {other(slug)}" not in text


@pytest.mark.parametrize("path", ["/runs/{}", "/runs/{}/notebook", RUNS + "/{}"])
@pytest.mark.parametrize("which", [0, 1])
def test_the_others_run_is_like_one_that_never_was(people, done, path, which):
    ann, run_id = people(ANALYST["acme"]), done["birch"][which]
    theirs, never = ann.get(path.format(run_id)), ann.get(path.format(NEVER))

    assert theirs.status == never.status == 404
    assert _plain(theirs.text).replace(run_id, NEVER) == _plain(never.text)


@pytest.mark.parametrize("do", ["cancel", "again"])
def test_nobody_touches_the_others_run(house, people, done, do):
    run_id = done["birch"][1]
    before = house.store.for_tenant("birch").runs()

    assert people(ANALYST["acme"]).post(f"/runs/{run_id}", do=do).status == 404
    token = house.token("acme", Role.ANALYST)
    assert token.request("POST", f"{RUNS}/{run_id}/cancel").status == 404
    after = house.store.for_tenant("birch").runs()
    assert [run.id for run in after] == [run.id for run in before]
    assert house.store.for_tenant("birch").run(run_id).status is RunStatus.RUNNING


def test_a_path_of_another_tenant_in_the_own_row_is_not_read(house, people, done):
    store = house.store.for_tenant("acme")
    theirs = house.settings.home / "runs" / "birch" / "mmm" / "run.ipynb"
    for path in (
        str(theirs),
        str(house.settings.home / "runs" / "acme" / ".." / "birch" / "mmm" / "run.ipynb"),
        "/etc/hostname",
    ):
        run = store.start_run("mmm", {}, host="elsewhere", pid=1, process_started=1.0)
        store.finish_run(run.id, RunStatus.COMPLETED, "", output_path=path)

        assert people(ANALYST["acme"]).get(f"/runs/{run.id}/notebook").status == 404


@pytest.mark.parametrize("path", ["/runs", VERSIONS, "/runs/{}", "/runs/{}/notebook"])
def test_a_viewer_sees_no_run(people, done, path):
    vic = people("vic@acme.example")
    answer = vic.get(path.format(done["acme"][0]))

    assert answer.status == 403
    assert "This needs the role analyst" in answer.text
    assert 'href="/runs"' not in vic.get("/").text
    assert vic.post(path.format(done["acme"][0]), do="cancel").status in (403, 405)


def test_a_notebook_is_a_sandbox(people, done):
    answer = people(ANALYST["acme"]).get(f"/runs/{done['acme'][0]}/notebook")

    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script" not in policy
    assert "<script" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_a_run_is_asked_for_followed_and_cancelled_by_forms_alone(house, people):
    ann = people(ANALYST["acme"])

    asked = ann.post("/runs", notebook="mmm")
    run_id = asked.headers["location"].rpartition("/")[2]
    assert asked.status == 303
    assert "waits for a worker" in ann.get(f"/runs/{run_id}").text
    assert "is queued already" in ann.post("/runs", notebook="mmm").text

    assert ann.post(f"/runs/{run_id}", do="cancel").status == 303
    assert "was cancelled" in ann.get(f"/runs/{run_id}").text
    again = ann.post(f"/runs/{run_id}", do="again").headers["location"].rpartition("/")[2]
    assert json.loads(ann.get(f"{RUNS}/{again}").text)["status"] == "queued"
    assert ann.post(f"/runs/{again}", do="cancel").status == 303
    assert ann.post(f"/runs/{again}", do="cancel").status == 409


def test_a_form_of_a_run_needs_the_proof_that_the_page_sent_it(people, done):
    ann = people(ANALYST["acme"])

    assert ann.post(f"/runs/{done['acme'][1]}", do="cancel", _xsrf="").status == 403
    assert ann.post(VERSIONS, do="measure", _xsrf="").status == 403


def test_versions_are_the_own_and_going_back_is_audited(house, people):
    store, ann = house.store.for_tenant("acme"), people(ANALYST["acme"])
    made = store.model()
    model = store.start_model(channels=["meta"], start=None, end=None)
    store.complete_model(model.model_id, made, b"x", held_back="It jumps.")
    before = [each.version for each in house.store.for_tenant("birch").models()]

    page = ann.get(VERSIONS).text
    assert f"Version {model.version} is held back" in page
    assert ann.post(VERSIONS, do="current", version=str(model.version), reason=" ").status == 422
    assert ann.post(VERSIONS, do="current", version="99", reason="x").status == 404
    answer = ann.post(VERSIONS, do="current", version=str(model.version), reason="It is right.")
    assert answer.status == 303
    assert store.model().version == model.version
    trail = people("ada@acme.example").get("/settings/audit").text
    assert "Model made current" in trail
    assert "It is right." in trail
    assert ann.post(VERSIONS, do="current", version="1", reason="Back.").status == 303
    assert store.model().version == 1
    assert [each.version for each in house.store.for_tenant("birch").models()] == before


def _plain(page):
    import re

    return re.sub(r"[Rr]eference:? ?(<[^>]+>)*[0-9a-f]{8}", "", page)
