"""Experiments of a tenant: from draft to read-out, what is refused, and two tenants apart."""

import datetime as dt
import shutil

import numpy as np
import pytest

from apportion.config import Settings
from apportion.errors import (
    ConflictError,
    DataError,
    FieldError,
    ForbiddenError,
    NotEnoughDataError,
    NotFoundError,
)
from apportion.incrementality.certificate import recompute
from apportion.results.accounts import ActingMember, AuditAction, Role
from apportion.results.calibration import Direction
from apportion.results.incrementality import ExperimentStatus, NewExperiment
from apportion.store import Store
from apportion.workspace import Workspace
from incrementality.panels import of, outcome_frame, spend_frame

FIRST, DAYS = dt.date(2026, 3, 2), 140
REGIONS = tuple(f"r{number:02d}" for number in range(20))
CHANGED = REGIONS[3:7]
START, END = dt.date(2026, 6, 22), dt.date(2026, 7, 5)
LAST = FIRST + dt.timedelta(days=DAYS - 1)
SEARCH = {
    "start": START,
    "direction": Direction.ON,
    "metric": "revenue",
    "channel": "meta",
    "minimum_effect_percent": 5.0,
    "forced": ["r10"],
}


def new(**settings):
    values = {
        "name": "Meta pause",
        "platform": "meta",
        "test_regions": tuple(region for region in REGIONS if region not in CHANGED),
        "control_regions": CHANGED,
        "start_date": START,
        "end_date": END,
        "direction": "off",
    }
    return NewExperiment.model_validate({**values, **settings})


def outcome(seed, lift):
    rng = np.random.default_rng(seed)
    week = 1 + 0.2 * np.sin(2 * np.pi * np.arange(DAYS) / 7)[:, None]
    size = np.exp(rng.normal(6, 0.5, len(REGIONS)))
    values = size * week * np.exp(rng.normal(0, 0.02, (DAYS, len(REGIONS))))
    first = (START - FIRST).days
    values[first : first + 14, 3:7] /= 1 + lift
    return of(values, FIRST)


def fill(store, seed, lift):
    spend = np.full((DAYS, len(REGIONS)), 10.0)
    first = (START - FIRST).days
    spend[first : first + 14, 3:7] = 0.0
    store.write_all(
        [
            ("outcomes", [outcome_frame(outcome(seed, lift))]),
            ("spend", [spend_frame(of(spend, FIRST))]),
        ]
    )


def filled(store, database_url, slugs=("acme", "bolt")):
    settings = Settings(_env_file=None, database_url=database_url)
    for seed, (slug, lift) in enumerate(zip(slugs, (0.1, 0.3), strict=False), start=1):
        fill(store.for_tenant(slug), seed, lift)
    return [Workspace(store, slug, settings) for slug in slugs]


@pytest.fixture
def workspaces(two_tenants, store, database_url):
    return filled(store, database_url)


@pytest.fixture
def workspace(two_tenants, store, database_url):
    return filled(store, database_url, ("acme",))[0]


@pytest.fixture
def acme(workspace):
    return workspace.experiments


@pytest.fixture(scope="module")
def planned(sqlite_template, tmp_path_factory):
    """Two tenants for what is planned and refused, which is the same on every database."""
    path = shutil.copy(sqlite_template, tmp_path_factory.mktemp("planned") / "apportion.db")
    store = Store(f"sqlite:///{path}")
    for slug in ("acme", "bolt"):
        store.add_tenant(slug, name=slug.title(), currency="EUR", timezone="Europe/Berlin")
    yield [each.experiments for each in filled(store, f"sqlite:///{path}")]
    store.close()


@pytest.fixture(scope="module")
def searches(planned):
    return [experiments.designs.find(**SEARCH) for experiments in planned]


def actions(workspace):
    return [event.action for event in workspace._store.events_page().events]


def test_draft_knows_its_power_and_baseline(planned):
    acme = planned[0]
    draft = acme.create(new())

    assert draft.status is ExperimentStatus.DRAFT
    assert draft.pre_test_days == 90
    assert draft.channel == "meta"
    assert draft.power.is_sufficient
    assert draft.power.changed_regions == 4
    assert acme.get(draft.id) == draft
    acme.delete(draft.id)


def test_default_baseline_is_all_history_up_to_ninety_days(planned):
    early, late = (
        planned[0].designs.default_baseline("revenue", FIRST + dt.timedelta(days=days))
        for days in (40, 120)
    )

    assert (early, late) == (40, 90)


def test_experiment_runs_and_is_read_out_with_certificate_and_audit(workspace):
    experiments = workspace.experiments
    draft = experiments.create(new())

    running = experiments.start(draft.id)
    done = experiments.read_out(draft.id)

    assert running.status is ExperimentStatus.RUNNING
    assert done.status is ExperimentStatus.COMPLETED
    assert done.progress == 1
    assert done.results.incremental_lift_percent == pytest.approx(10, abs=2)
    assert done.results.is_significant
    assert done.results.spending.change == pytest.approx(4 * 14 * 10)
    again = recompute(experiments.certificate(draft.id))
    assert again.lift_percent == pytest.approx(done.results.incremental_lift_percent, rel=1e-9)
    assert actions(workspace)[:3] == [
        AuditAction.EXPERIMENT_COMPLETED,
        AuditAction.EXPERIMENT_STARTED,
        AuditAction.EXPERIMENT_CREATED,
    ]


def test_completed_experiment_is_offered_to_the_media_mix(acme):
    draft = acme.create(new())
    acme.start(draft.id)
    results = acme.read_out(draft.id).results

    (found,) = acme.lift_tests()

    assert (found.channel, found.start, found.end) == ("meta", START, END)
    assert found.direction is Direction.OFF
    assert found.spend_factor == 0
    assert found.lift == pytest.approx(results.incremental_lift_percent / 100)
    assert found.incremental_outcome == results.incremental_revenue
    assert 0 < found.outcome_share < 1


def test_too_little_power_cannot_be_started_but_with_a_reason_which_is_kept(workspace):
    experiments = workspace.experiments
    draft = experiments.create(new(minimum_effect_percent=0.5))

    with pytest.raises(DataError, match=r"0\.5% with .* power; it needs 80%"):
        experiments.start(draft.id)
    with pytest.raises(DataError, match="needs 80%"):
        experiments.start(draft.id, override_reason="  ")

    experiments.start(draft.id, override_reason="The budget is spent anyway")
    done = experiments.read_out(draft.id)
    assert done.override_reason == "The budget is spent anyway"
    assert "The budget is spent anyway" in done.results.checks[0].message
    started = workspace._store.events_page().events[1]
    assert started.details["overrideReason"] == "The budget is spent anyway"


def test_region_in_a_running_experiment_cannot_start_in_another(acme):
    acme.start(acme.create(new(name="First")).id)
    second = acme.create(new(name="Second"))

    assert "other_experiment" in {check.code for check in second.checks}
    with pytest.raises(DataError, match="First"):
        acme.start(second.id, override_reason="anyway")


@pytest.mark.parametrize(
    ("settings", "field", "allowed"),
    [
        ({"name": " "}, "name", "1 to 200"),
        ({"test_regions": ()}, "test_regions", "1 to 1,000"),
        ({"test_regions": ("r00", "r00")}, "test_regions", "each region once"),
        ({"test_regions": ("r00", "Atlantis")}, "test_regions", "one of r00"),
        ({"test_regions": CHANGED}, "control_regions", "not test regions"),
        ({"end_date": dt.date(2026, 6, 1)}, "end_date", "a day from"),
        ({"pre_test_days": 20}, "pre_test_days", "21 to"),
        ({"budget_estimate": -1.0}, "budget_estimate", "from 0"),
        ({"minimum_effect_percent": 0.0}, "minimum_effect_percent", "above 0"),
        ({"margin": 1.5}, "margin", "at most 1"),
        ({"start_date": dt.date(1066, 10, 14)}, "start_date", "2000"),
    ],
)
def test_field_that_cannot_be_used_is_refused_and_nothing_is_stored(
    planned, settings, field, allowed
):
    acme = planned[0]
    before = acme.list()

    with pytest.raises(FieldError) as refused:
        acme.create(new(**settings))

    assert refused.value.field == (field,)
    assert allowed in refused.value.allowed
    assert acme.list() == before


def test_draft_can_be_changed_and_a_started_one_cannot(acme):
    draft = acme.create(new())

    changed = acme.change(draft.id, new(name="Other", minimum_effect_percent=8.0))
    acme.start(draft.id)

    assert (changed.id, changed.name) == (draft.id, "Other")
    assert changed.created_at == draft.created_at
    with pytest.raises(ConflictError, match="only a draft can be changed"):
        acme.change(draft.id, new())
    with pytest.raises(ConflictError, match="only a draft can be started"):
        acme.start(draft.id)


def test_cancelled_experiment_keeps_its_data_and_ends(acme):
    draft = acme.create(new())
    acme.start(draft.id)

    cancelled = acme.cancel(draft.id, reason="Stock ran out")

    assert cancelled.status is ExperimentStatus.CANCELLED
    assert cancelled.reason == "Stock ran out"
    assert cancelled.power == draft.power
    assert acme.monitor(draft.id).trajectory is not None
    for move in (acme.start, acme.read_out, acme.cancel):
        with pytest.raises(ConflictError):
            move(draft.id)


def test_read_out_waits_for_the_last_day(acme):
    start = LAST - dt.timedelta(days=6)
    draft = acme.create(new(start_date=start, end_date=start + dt.timedelta(days=13)))
    acme.start(draft.id, override_reason="another test is in its history")

    with pytest.raises(NotEnoughDataError, match="Import the missing days"):
        acme.read_out(draft.id)
    assert acme.refresh() == ()
    assert acme.get(draft.id).status is ExperimentStatus.RUNNING


def test_run_starts_what_is_due_and_reads_out_what_has_ended(acme):
    due = acme.create(new())
    weak = acme.create(
        new(
            name="Weak", minimum_effect_percent=0.5, start_date=END + dt.timedelta(1), end_date=LAST
        )
    )
    later = acme.create(
        new(name="Later", start_date=dt.date(2090, 1, 2), end_date=dt.date(2090, 1, 15))
    )
    seen = []

    acme.refresh(lambda fraction, name: seen.append(name))

    assert acme.get(due.id).status is ExperimentStatus.COMPLETED
    assert acme.get(weak.id).status is ExperimentStatus.DRAFT
    assert acme.get(later.id).status is ExperimentStatus.DRAFT
    assert set(seen) == {"Meta pause", "Weak", "Later"}


def test_design_is_found_drawn_and_read_out_as_exact(planned, searches):
    acme, found = planned[0], searches[0]
    option = next(each for each in found.options if (each.size, each.days) == (4, 14))

    drawn = acme.designs.draw(found, option, start=START, draw_seed=5, forced=["r10"])
    sets = acme.designs.ranked(found, option, start=START, channel="meta", forced=["r10"])

    tests = tuple(drawn.regions[place] for place in drawn.pool[drawn.drawn])
    assert "r10" in tests
    assert option.spend_change == pytest.approx(4 * 14 * 10)
    assert all("r10" in each.regions for each in sets)
    draft = acme.create(
        new(
            test_regions=tests,
            control_regions=tuple(region for region in REGIONS if region not in tests),
            direction="on",
            design=drawn,
        )
    )
    acme.start(draft.id, override_reason="to see")
    assert acme.read_out(draft.id).results.is_exact


def test_draw_that_was_tampered_with_is_refused(planned, searches):
    acme, found = planned[0], searches[0]
    drawn = acme.designs.draw(found, found.options[0], start=START, draw_seed=5, forced=["r10"])
    other = drawn.model_copy(update={"drawn": (drawn.drawn + 1) % len(drawn.pool)})

    with pytest.raises(FieldError, match="design"):
        acme.create(new(design=other))


def test_unknown_region_cannot_be_forced(planned):
    with pytest.raises(NotFoundError, match="no region 'Atlantis'"):
        planned[0].designs.find(**{**SEARCH, "forced": ["Atlantis"]})


def test_without_outcomes_by_region_a_draft_says_what_is_missing(store, database_url, two_tenants):
    settings = Settings(_env_file=None, database_url=database_url)
    experiments = Workspace(store, "acme", settings).experiments

    draft = experiments.create(new())

    assert [check.code for check in draft.checks] == ["no_data"]
    assert "by region" in draft.checks[0].message
    with pytest.raises(DataError, match="Import outcomes with a column `region`"):
        experiments.start(draft.id, override_reason="anyway")


def test_new_data_are_seen_without_opening_the_workspace_again(acme, two_tenants):
    before = acme.data.panel("revenue").last_day
    more = of(np.full((1, len(REGIONS)), 400.0), LAST + dt.timedelta(days=1))

    two_tenants[0].write("outcomes", [outcome_frame(more)])

    assert acme.data.panel("revenue").last_day == before + dt.timedelta(days=1)


def test_a_viewer_reads_and_changes_nothing(acme, store, workspace):
    member = ActingMember(id="1", name="vera@example.com", role=Role.VIEWER)
    viewer = Workspace(store, "acme", workspace.settings, member).experiments
    draft = acme.create(new())

    assert viewer.get(draft.id) == draft
    changes = [
        lambda: viewer.create(new()),
        lambda: viewer.change(draft.id, new()),
        lambda: viewer.start(draft.id),
        lambda: viewer.cancel(draft.id),
        lambda: viewer.delete(draft.id),
    ]
    for change in changes:
        with pytest.raises(ForbiddenError):
            change()


def test_two_tenants_with_the_same_names_and_regions_see_nothing_of_each_other(workspaces):
    acme, bolt = (workspace.experiments for workspace in workspaces)
    found = []
    for experiments in (acme, bolt):
        draft = experiments.create(new())
        experiments.start(draft.id)
        found.append(experiments.read_out(draft.id))

    assert [each.id for each in acme.list()] == [found[0].id]
    assert [each.id for each in bolt.list()] == [found[1].id]
    assert found[0].results.incremental_lift_percent == pytest.approx(10, abs=2)
    assert found[1].results.incremental_lift_percent == pytest.approx(30, abs=3)
    assert found[0].results.data_hash != found[1].results.data_hash
    assert acme.lift_tests()[0].id == found[0].id
    never = "00000000-0000-0000-0000-000000000004"
    for ask in (
        acme.get,
        acme.certificate,
        acme.monitor,
        acme.start,
        acme.read_out,
        acme.cancel,
        acme.delete,
        lambda key: acme.change(key, new()),
    ):
        with pytest.raises(NotFoundError) as theirs:
            ask(found[1].id)
        with pytest.raises(NotFoundError) as none:
            ask(never)
        assert str(theirs.value).replace(found[1].id, never) == str(none.value)
    assert bolt.get(found[1].id) == found[1]


def test_two_tenants_designs_come_from_their_own_history(searches):
    fits = [[option.fit_percent for option in found.options] for found in searches]

    assert fits[0] != fits[1]


def test_completed_experiment_is_among_what_calibrates_the_media_mix(workspaces):
    workspace, other = workspaces
    draft = workspace.experiments.create(new())
    workspace.experiments.start(draft.id)
    workspace.experiments.read_out(draft.id)

    assert [test.id for test in workspace.mmm.settings.lift_tests()] == [draft.id]
    assert other.mmm.settings.lift_tests() == []
