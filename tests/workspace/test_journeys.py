"""One tenant's journeys through its door: snapshot, training, list, who sees what; two tenants."""

import shutil
import stat
from collections import Counter

import pytest

from apportion.config import Settings
from apportion.errors import ForbiddenError, NotEnoughDataError, NotFoundError
from apportion.journeys import snapshot
from apportion.results.accounts import ActingMember, Role
from apportion.results.journeys import AttributionModel, AttributionSettings, TrueShares
from apportion.store import Store
from apportion.workspace import Workspace
from apportion.workspace.data import ImportOptions
from apportion.workspace.journeys import forget_snapshot, snapshot_folder
from journeys.slow_paths import slow_paths
from journeys.tables import random_world

ONE_DATABASE = pytest.mark.parametrize("urls", ["sqlite"], indirect=True)
WORLDS = [random_world(seed, size=150, orders=40, customers=20) for seed in (1, 2)]


def member(role):
    return ActingMember(id=role.value, name=f"{role.value}@mail.example", role=role)


@pytest.fixture
def settings(database_url, tmp_path):
    return Settings(_env_file=None, home=tmp_path, database_url=database_url)


@pytest.fixture
def open_as(store, settings):
    """Open a tenant's workspace as somebody with a role; None: nobody is known."""

    def open_workspace(slug="acme", role=Role.ANALYST, **more):
        who = None if role is None else member(role)
        return Workspace(store, slug, settings.model_copy(update=more), who)

    return open_workspace


@pytest.fixture
def filled(two_tenants):
    """Two tenants whose orders, customers and touchpoints have the same ids, at other times."""
    for tenant, (touched, bought) in zip(two_tenants, WORLDS, strict=True):
        tenant.write("touchpoints", [touched])
        tenant.write("conversions", [bought])
    return two_tenants


@pytest.fixture(scope="module")
def analysed_home(sqlite_template, tmp_path_factory):
    """The home of an installation whose two tenants' journeys have been analysed, to be copied."""
    home = tmp_path_factory.mktemp("analysed")
    database = shutil.copy(sqlite_template, home / "apportion.db")
    settings = Settings(_env_file=None, home=home, database_url=f"sqlite:///{database}")
    store = Store(settings.database_url)
    for slug, (touched, bought) in zip(("acme", "bolt"), WORLDS, strict=True):
        store.add_tenant(slug, name=slug, currency="EUR", timezone="Europe/Berlin")
        store.for_tenant(slug).write("touchpoints", [touched])
        store.for_tenant(slug).write("conversions", [bought])
        Workspace(store, slug, settings, member(Role.ANALYST)).journeys.refresh()
    store.close()
    return home


@pytest.fixture
def analysed(urls, tmp_path, request):
    """Two tenants with the same ids, both analysed."""
    if not urls.is_postgresql:
        shutil.copytree(request.getfixturevalue("analysed_home"), tmp_path, dirs_exist_ok=True)
        store = request.getfixturevalue("store")
        return store.for_tenant("acme"), store.for_tenant("bolt")
    tenants = request.getfixturevalue("filled")
    for slug in ("acme", "bolt"):
        request.getfixturevalue("open_as")(slug).journeys.refresh()
    return tenants


@ONE_DATABASE
def test_a_run_analyses_every_window_for_every_kind_of_customer(analysed, open_as):
    workspace = open_as()

    results = workspace.journeys.analysis()

    assert results.version == 1
    assert results.paths.conversions == len(WORLDS[0][1])
    for window in (7, 14, 28, 30):
        everybody = workspace.journeys.analysis(window)
        parts = [workspace.journeys.analysis(window, kind) for kind in ("new", "returning")]
        assert sum(part.paths.conversions for part in parts) == everybody.paths.conversions
        assert everybody.trained.settings.window_days == window
    assert workspace.runs.list()[0].kind == "journeys"


@ONE_DATABASE
def test_the_credit_of_single_journeys_adds_up_to_the_channels_totals(analysed, open_as):
    journeys = open_as().journeys
    results = journeys.analysis()
    (by_channel,) = [table for table in results.credit if table.dimension == "channel"]
    totals = {
        (row.name, credit.model): credit.conversions
        for row in by_channel.rows
        for credit in row.credits
    }

    found = dict.fromkeys(totals, 0.0)
    for order_id in WORLDS[0][1]["order_id"]:
        for touchpoint in journeys.journey(order_id).touchpoints:
            assert set(touchpoint.credit_by_model) == set(AttributionModel)
            for model, percent in touchpoint.credit_by_model.items():
                found[touchpoint.channel, model] += percent / 100

    assert found == pytest.approx(totals)


def test_two_tenants_with_the_same_ids_see_their_own_journeys_only(analysed, open_as):
    acme, bolt = (open_as(slug).journeys for slug in ("acme", "bolt"))
    shared = sorted(set(WORLDS[0][1]["order_id"]) & set(WORLDS[1][1]["order_id"]))

    assert shared
    for own, (touched, bought) in zip((acme, bolt), WORLDS, strict=True):
        by_id = bought.set_index("order_id")
        times = dict(zip(touched["touchpoint_id"], touched["timestamp"], strict=True))
        listed = [*own.recent(), *own.recent("o"), *map(own.journey, shared)]
        assert len(own.recent("o")) == len(by_id)
        for journey in listed:
            assert journey.order_total == by_id.loc[journey.order_id, "revenue"]
            for touchpoint in journey.touchpoints:
                if touchpoint.id in times:
                    assert touchpoint.timestamp == times[touchpoint.id]
        paths = slow_paths(touched, bought, 30)
        analysis = own.analysis(30)
        assert analysis.paths.conversions == sum(path.converted for path in paths)
        assert analysis.paths.other_paths == sum(not path.converted for path in paths)
        trained_on = Counter(path.channels for path in paths if path.channels != ("direct",))
        assert sum(each.paths for each in analysis.trained.sets) == trained_on.total()
        assert {
            tuple(sorted(each.channels)): each.paths for each in analysis.trained.sets
        } == Counter(tuple(sorted(set(path))) for path in trained_on.elements())


def test_a_tenants_snapshot_lies_in_a_folder_of_its_own(filled, open_as, settings):
    for slug in ("acme", "bolt"):
        open_as(slug).journeys.write_snapshot()

    folders = [snapshot_folder(settings, str(tenant.tenant.id)) for tenant in filled]

    counts = []
    for folder in folders:
        with snapshot.read(folder) as opened:
            counts.append(opened.conversions.count().execute())
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert counts == [len(bought) for _, bought in WORLDS]
    assert sorted(settings.home.glob("journeys/*")) == sorted(folders)


@ONE_DATABASE
def test_a_deleted_tenants_snapshot_goes_and_no_other(filled, open_as, settings):
    for slug in ("acme", "bolt"):
        open_as(slug).journeys.write_snapshot()
    gone, stays = (snapshot_folder(settings, str(tenant.tenant.id)) for tenant in filled)

    forget_snapshot(settings, str(filled[0].tenant.id))

    assert not gone.exists()
    assert stays.is_dir()


@ONE_DATABASE
def test_a_snapshot_is_written_again_only_after_the_data_changed(filled, open_as, settings):
    journeys = open_as().journeys
    folder = snapshot_folder(settings, str(filled[0].tenant.id))
    journeys.write_snapshot()
    written = sorted(folder.glob("version-*"))

    journeys.write_snapshot()
    assert sorted(folder.glob("version-*")) == written

    filled[0].write("conversions", [WORLDS[0][1].assign(revenue=7.0)])
    journeys.write_snapshot()
    assert len(list(folder.glob("version-*"))) == len(written) + 1


@ONE_DATABASE
@pytest.mark.parametrize(
    "change",
    [
        lambda journeys, store: store.write("touchpoints", [WORLDS[0][0].head(1)]),
        lambda journeys, _: journeys.change_settings(AttributionSettings(half_life_days=2)),
    ],
    ids=["data", "settings"],
)
def test_an_analysis_knows_when_it_is_of_yesterday(analysed, open_as, change):
    journeys = open_as().journeys
    results = journeys.analysis()
    assert not journeys.is_stale(results)

    change(journeys, analysed[0])

    assert journeys.is_stale(results)


@ONE_DATABASE
def test_settings_hold_for_the_list_at_once_and_for_the_analysis_from_the_next_run(
    analysed, open_as
):
    journeys = open_as().journeys
    before = journeys.analysis()
    wanted = AttributionSettings(window_days=7, half_life_days=1, markov_order=2)

    journeys.change_settings(wanted)

    assert journeys.recent()[0].window_days == 7
    assert journeys.analysis(30) == before
    assert journeys.refresh().settings == wanted


def test_without_conversions_there_is_nothing_to_analyse(two_tenants, open_as):
    two_tenants[0].write("touchpoints", [WORLDS[0][0]])

    with pytest.raises(NotEnoughDataError, match="no conversions"):
        open_as().journeys.refresh()

    assert open_as().journeys.recent() == ()
    assert not open_as().journeys.has_analysis


@ONE_DATABASE
def test_before_the_first_run_the_way_to_it_is_told(filled, open_as):
    with pytest.raises(NotFoundError, match="apportion run journeys --tenant acme"):
        open_as().journeys.analysis()


@ONE_DATABASE
@pytest.mark.parametrize(
    ("role", "more", "is_whole"),
    [
        (Role.VIEWER, {}, False),
        (Role.ANALYST, {}, True),
        (Role.ADMIN, {}, True),
        (None, {}, False),
        (Role.ADMIN, {"run_id": "a run"}, False),
    ],
    ids=["viewer", "analyst", "admin", "nobody known", "run"],
)
def test_only_analysts_see_whole_addresses_and_a_run_never_does(
    filled, open_as, role, more, is_whole
):
    journeys = open_as(role=role, **more).journeys
    whole = set(WORLDS[0][1]["email"])

    seen = {journey.customer_email for journey in journeys.recent()}
    one = journeys.journey(journeys.recent()[0].order_id).customer_email

    assert bool(seen & whole) == (one in whole) == is_whole
    assert len(journeys.recent(sorted(whole)[0][:3])) == (
        len(WORLDS[0][1][WORLDS[0][1]["email"].str.startswith(sorted(whole)[0][:3])])
        if is_whole
        else 0
    )


@ONE_DATABASE
def test_only_analysts_set_how_credit_is_shared_out(two_tenants, open_as):
    viewer, analyst = (open_as(role=role).journeys for role in (Role.VIEWER, Role.ANALYST))

    assert [viewer.may_change, analyst.may_change] == [False, True]
    assert not open_as(role=Role.ADMIN, run_id="a run").journeys.may_change
    with pytest.raises(ForbiddenError):
        viewer.change_settings(AttributionSettings(half_life_days=2))
    assert analyst.settings() == AttributionSettings()


@ONE_DATABASE
def test_the_truth_of_a_simulated_company_is_its_own(two_tenants, open_as):
    truth = TrueShares(start="2026-01-01", end="2026-06-30", channels=(), baseline_percent=60)

    open_as("acme").journeys.record_truth(truth)

    assert open_as("acme").journeys.truth() == truth
    assert open_as("bolt").journeys.truth() is None


@ONE_DATABASE
def test_an_import_of_journey_data_asks_for_one_run(two_tenants, open_as, tmp_path):
    touched, bought = WORLDS[0]
    files = {"touchpoints": touched, "conversions": bought}
    workspace = open_as(role=None)
    asked = []

    for name in ("touchpoints", "conversions", "touchpoints"):
        file = tmp_path / f"{name}.csv"
        files[name].to_csv(file, index=False)
        workspace.data.import_files(name, [file], ImportOptions())
        asked.append([run.kind for run in workspace.runs.list()])

    assert asked == [[], ["journeys"], ["journeys"]]
    assert open_as("bolt").runs.list() == []
