"""The form that trains: what the data say before, the run's progress, and who may."""

from uuid import UUID

import numpy as np
import pytest

from apportion.config import CHECKOUT, Settings
from apportion.results.accounts import ActingMember, Role
from apportion.results.mmm import ModelStatus
from apportion.results.runs import ChainProgress, RunStatus
from apportion.store.source_data import SourceData
from apportion.views.mmm import MMMDashboard
from apportion.views.mmm.training import TrainingForm
from apportion.workspace import Workspace
from mmm.frames_of import dates, outcomes_of, spend_of
from views.example import example_results

WEEKS = 120


@pytest.fixture
def open_for(store, two_tenants, tmp_path):
    settings = Settings(_env_file=None, home=tmp_path, notebooks=CHECKOUT / "notebooks")

    def open_workspace(slug="acme", role=Role.ANALYST):
        member = ActingMember(id=str(UUID(int=4711)), name="ann@acme.example", role=role)
        return Workspace(store, slug, settings, member)

    return open_workspace


@pytest.fixture
def filled(two_tenants):
    """Both tenants with data; acme's have a channel that hardly varies and one that starts late."""
    days = dates(WEEKS)
    late = np.where(np.arange(WEEKS) < 80, 0.0, np.random.default_rng(1).uniform(50, 150, WEEKS))
    channels = {"google": 100.0, "meta": np.full(WEEKS, 80.0), "tv": late}
    two_tenants[0].write("spend", [spend_of(days, **channels)])
    two_tenants[1].write("spend", [spend_of(days, email=10.0)])
    for tenant in two_tenants:
        tenant.write("outcomes", [outcomes_of(days)])


@pytest.fixture
def trained():
    """How often a training was reported to have ended."""
    return []


@pytest.fixture
def form(filled, open_for, trained):
    return form_of(open_for(), trained)


def form_of(workspace, trained):
    made = TrainingForm(workspace, lambda: trained.append(1))
    made.send = lambda content, buffers=None: None
    return made


def tell(form, kind, **values):
    form._on_message(form, {"kind": kind, **values}, [])


def titles(notes):
    return [note["title"] for note in notes]


def test_the_channels_of_this_tenant_are_suggested_the_largest_first(form):
    assert [(each["name"], each["told"]) for each in form.suggestions] == [
        ("google", "120 weeks"),
        ("meta", "120 weeks"),
        ("tv", "40 weeks"),
    ]
    assert (form.first_day, form.last_day) == ("2023-01-02", "2025-04-14")


def test_what_the_data_say_is_shown_before(form):
    tell(form, "check")

    assert not form.is_refused
    told = " ".join(titles(form.checks))
    assert "The spend of meta hardly changes from week to week (by 0%)" in told
    assert "tv starts only on 2024-07-15: 40 of 120 weeks" in told
    assert all(note["text"] for note in form.checks)


def test_too_few_weeks_are_told(form):
    tell(form, "check", channels="google", start="2024-01-01", end="2024-09-30")

    assert "Only 39 weeks; 104 or more are advised" in titles(form.checks)[0]
    assert "hold some out" in form.checks[0]["text"]


def test_sound_data_are_called_so(form):
    tell(form, "check", channels="google")

    assert titles(form.checks) == ["Nothing in the data speaks against it"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"channels": "gogle"}, "did you mean 'google'?"),
        ({"channels": "google", "start": "2025-04-01"}, "weeks"),
        ({"start": "yesterday"}, "start must be a date as YYYY-MM-DD"),
        ({"channels": "email"}, "There is no spend for the channel 'email'"),
    ],
    ids=["misspelt", "too short", "no date", "another tenant's"],
)
def test_what_cannot_be_trained_is_said_with_the_way_out(form, open_for, asked, said):
    tell(form, "check", **asked)
    assert form.is_refused
    assert said in form.checks[0]["text"]

    tell(form, "train", **asked)

    assert said in form.told[0]["text"]
    assert open_for().runs.list() == []


def test_the_button_asks_for_a_run_in_the_member_s_name(form, open_for):
    tell(form, "train", channels="google, tv", start="2023-06-05")

    [run] = open_for().runs.list()
    assert (run.kind, run.status, run.requested_by) == ("mmm", "queued", "ann@acme.example")
    assert run.parameters["channels"] == "google, tv"
    assert run.parameters["start"] == "2023-06-05"
    assert (form.run["title"], form.run["ended"]) == ("Waiting for a worker", False)


def work_on(store, run_id):
    store.claim_run(run_id, host="elsewhere", pid=1, process_started=1.0)


def test_progress_is_followed_chain_by_chain(form, open_for, two_tenants):
    tell(form, "train", channels="google")
    run_id = form.run["id"]
    work_on(two_tenants[0], run_id)
    chains = [ChainProgress(chain=number, draws=450, total=1800) for number in (1, 2)]
    open_for().runs.report(run_id, 0.4, "Sampling", remaining_seconds=74.0, chains=chains)

    tell(form, "poll")

    assert (form.run["title"], form.run["percent"]) == ("Training", 40)
    assert form.run["left"] == "about 1 min 14 s left"
    assert form.run["chains"][1] == {"chain": 2, "percent": 25, "told": "450 of 1,800"}


def test_a_page_opened_later_finds_the_run_that_goes_on(form, open_for, trained):
    tell(form, "train", channels="google")

    other = form_of(open_for(), trained)

    assert other.run["id"] == form.run["id"]
    tell(other, "train", channels="google")
    assert titles(other.told) == ["A training is on its way already"]
    assert len(open_for().runs.list()) == 1


def test_another_tenant_sees_nothing_of_it(form, open_for, trained):
    tell(form, "train", channels="google")

    theirs = form_of(open_for("bolt"), trained)
    theirs._run_id = form.run["id"]

    assert theirs.run is None
    assert [each["name"] for each in theirs.suggestions] == ["email"]
    tell(theirs, "cancel")
    assert f"There is no run {form.run['id']}" in theirs.told[0]["text"]
    assert open_for().runs.get(form.run["id"]).status is RunStatus.QUEUED


def test_cancel_ends_it_and_stores_nothing(form, open_for, trained):
    tell(form, "train", channels="google")

    tell(form, "cancel")

    assert form.run["ended"]
    assert titles(form.told) == ["The training was cancelled"]
    assert open_for().runs.get(form.run["id"]).status is RunStatus.CANCELLED
    assert open_for().mmm.versions() == []


@pytest.mark.parametrize(
    ("status", "title"),
    [(RunStatus.COMPLETED, "Trained"), (RunStatus.FAILED, "The training ended without a version")],
)
def test_the_end_is_told_and_the_page_is_told_too(form, two_tenants, trained, status, title):
    tell(form, "train", channels="google")
    work_on(two_tenants[0], form.run["id"])
    two_tenants[0].finish_run(form.run["id"], status, "The chains disagree.")

    tell(form, "poll")

    assert titles(form.told) == [title]
    assert trained == [1]


def test_a_viewer_is_refused_by_the_workspace_whatever_the_page_shows(filled, open_for, trained):
    form = form_of(open_for(role=Role.VIEWER), trained)

    tell(form, "train", channels="google")

    assert "This needs the role analyst; yours is viewer" in form.told[0]["text"]
    assert open_for().runs.list() == []


@pytest.mark.parametrize(
    ("role", "offered"), [(Role.VIEWER, False), (Role.ANALYST, True), (Role.ADMIN, True)]
)
def test_training_is_offered_to_who_may(filled, open_for, role, offered):
    workspace = open_for(role=role)
    shown = MMMDashboard(example_results(), (), workspace.tenant, workspace)

    assert ("train" in [name for name, _ in shown.tabs.row.titles]) is offered


def test_the_source_data_are_read_once_for_all_that_the_tab_shows(filled, open_for, monkeypatch):
    read, whole = [], SourceData._read
    monkeypatch.setattr(
        SourceData, "_read", lambda self, name, *days: read.append(name) or whole(self, name, *days)
    )
    workspace = open_for()
    shown = MMMDashboard(example_results(), (), workspace.tenant, workspace)

    form, known = (card.children[1] for card in shown._training().children)
    tell(known, "set", channel="google", budget="in_advance")

    assert "hardly changes" in titles(form.checks)[0]
    assert known.channels[0]["budget"] == "in_advance"
    assert sorted(read) == ["controls", "events", "outcomes", "spend"]


@pytest.mark.parametrize(("role", "cards"), [(Role.VIEWER, 1), (Role.ANALYST, 2)])
def test_a_tenant_without_a_model_can_train_its_first(filled, open_for, role, cards):
    workspace = open_for(role=role)
    results = workspace.mmm.latest()

    shown = MMMDashboard(results, (), workspace.tenant, workspace)

    assert results.status is ModelStatus.DRAFT
    assert len(shown.page.children) == cards


def test_days_are_not_offered_for_weekly_data(form):
    assert (form.grain, [value for value, _ in form.grains]) == ("week", ["week"])

    tell(form, "grain", grain="day")

    assert form.grain == "week"
    assert titles(form.told) == ["Not stored"]
    assert "is by week" in form.told[0]["text"]


def test_days_are_chosen_where_the_data_are_daily(two_tenants, open_for, trained):
    days = dates(7 * 60, every=1)
    two_tenants[0].write("spend", [spend_of(days, google=100.0)])
    two_tenants[0].write("outcomes", [outcomes_of(days)])
    workspace = open_for()
    form = form_of(workspace, trained)

    tell(form, "grain", grain="day")

    assert [value for value, _ in form.grains] == ["week", "day"]
    assert form.grain == workspace.mmm.settings.get().grain == "day"
    assert not form.is_refused
