"""The incrementality page: what it shows in every state, and what its buttons and fields do."""

import pytest

from apportion.errors import DataError
from apportion.incrementality.readout import monitor, read_out
from apportion.results.accounts import ActingMember, Role
from apportion.results.calibration import Direction
from apportion.results.incrementality import ExperimentStatus
from apportion.results.tenants import Tenant
from apportion.views.incrementality import ExperimentsDashboard, experiments_frame
from apportion.views.incrementality.first import first_content
from apportion.views.incrementality.maps import map_of
from incrementality.panels import NOW, experiment, simulated, with_effect

SIX = tuple(f"r{number:02d}" for number in (3, 8, 14, 21, 27, 33))
ACME = Tenant(
    id="00000000-0000-0000-0000-000000000001",
    slug="acme",
    name="Acme",
    currency="EUR",
    timezone="Europe/Berlin",
)


def example(status, *, id="e1", name="<b>Bold</b> test", lift=0.3, **settings):
    data = simulated(3)
    on = experiment(data, SIX, metric="revenue", id=id, name=name, status=status, **settings)
    if status is not ExperimentStatus.COMPLETED:
        return on
    return on.model_copy(update={"results": read_out(on, with_effect(data, on, lift), at=NOW)})


class Data:
    """The source data of a made-up tenant."""

    def regions(self, metric):
        return simulated(3).regions

    def metrics(self):
        return ["revenue", "orders"]

    def channels(self):
        return ["meta"]


class Designs:
    """What a made-up tenant can plan."""

    def default_baseline(self, metric, start):
        return 90


class Experiments:
    """A workspace that holds what it is given and notes what it is asked."""

    def __init__(self, *found):
        self.found = list(found)
        self.asked = []
        self.data = Data()
        self.designs = Designs()
        self.refuses = None

    def list(self):
        return self.found

    def get(self, id):
        return next(each for each in self.found if each.id == id)

    def monitor(self, id):
        return monitor(self.get(id), simulated(3))

    def start(self, id, *, override_reason=""):
        self.asked.append(("start", id, override_reason))
        if self.refuses:
            raise self.refuses

    def delete(self, id):
        self.asked.append(("delete", id))
        self.found = [each for each in self.found if each.id != id]

    def assess(self, new, draft_id=""):
        self.asked.append(("assess", new))
        return None, ()

    def create(self, new):
        self.asked.append(("create", new))
        return self.found[0]


@pytest.fixture(scope="module")
def completed():
    return example(ExperimentStatus.COMPLETED)


def dashboard(*found, role=None):
    member = None if role is None else ActingMember(id="1", name="vera", role=role)
    experiments = Experiments(*found)
    return ExperimentsDashboard(experiments, ACME, member), experiments


def test_completed_experiment_shows_lift_interval_p_and_recommendation(completed):
    page, _ = dashboard(completed)
    results = completed.results

    assert f"+{results.incremental_lift_percent:.0f}" in page.table.html
    assert f"{results.p_value:.3f}" in page.top.html
    assert results.recommendation.split(":")[0] in page.top.html
    assert "Certificate (JSON)" in page.top.html
    assert page.charts.sum in page.charts.grid.children
    assert results.data_hash in page.below.value


def test_names_are_text_and_never_markup(completed):
    page, _ = dashboard(completed)

    assert "<b>Bold</b>" not in page.table.html + page.header.html
    assert "&lt;b&gt;Bold" in page.table.html
    assert "<b>Bold</b>" not in str(first_content([completed]))


def test_running_experiment_has_no_verdict():
    page, _ = dashboard(example(ExperimentStatus.RUNNING))

    assert "No verdict yet" in page.top.html
    assert "p-value" not in page.top.html.replace("Looking at a p-value", "")
    assert page.charts.sum not in page.charts.grid.children
    assert "day 0 of 14" in page.table.html


def test_draft_without_power_asks_for_a_reason_and_passes_it_on():
    page, experiments = dashboard(example(ExperimentStatus.DRAFT))

    page._on_act("start", "", {"override": "Because"})

    assert "Start without enough power" in page.top.html
    assert experiments.asked == [("start", "e1", "Because")]


def test_refusal_is_said_on_the_page():
    page, experiments = dashboard(example(ExperimentStatus.DRAFT))
    experiments.refuses = DataError("It needs 80%.")

    page._on_act("start", "", {})

    assert "It needs 80%." in page.header.html


def test_viewer_is_offered_nothing_to_change(completed):
    page, _ = dashboard(completed, example(ExperimentStatus.DRAFT, id="e2"), role=Role.VIEWER)
    page._on_act("open", "e2", {})

    shown = page.head.html + page.header.html + page.top.html
    for act in ("new", "start", "edit", "delete", "read", "cancel"):
        assert f'data-act="{act}"' not in shown


def test_without_experiments_the_page_says_what_a_test_is():
    page, _ = dashboard()

    assert "No experiment yet" in page.table.html
    assert page.detail.children == ()


def test_dialog_opens_and_closes_and_saves_what_was_entered(completed):
    page, experiments = dashboard(completed)
    page._on_act("new", "", {})

    page._on_form("region", "r03", {"name": "Spring", "effect": "4", "direction": "off"})
    page._on_form("save", "", {})

    new = dict(experiments.asked[-1:])["create"]
    assert (new.name, new.minimum_effect_percent) == ("Spring", 4)
    assert new.test_regions == ("r03",)
    assert len(new.control_regions) == 39
    assert new.direction is Direction.OFF
    assert (new.end_date - new.start_date).days == 27
    assert new.start_date.weekday() == 0
    assert page.dialog.html == ""


def test_region_goes_from_control_to_test_to_no_part_and_back(completed):
    page, _ = dashboard(completed)
    page._on_act("new", "", {})

    seen = []
    for _ in range(3):
        page._on_form("region", "r03", {})
        seen.append(page.form.entered.roles["r03"])

    assert seen == ["test", "out", "control"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"start": "soon"}, "start"), ({"effect": "much"}, "effect"), ({"name": ""}, "name")],
)
def test_bad_field_is_marked_and_nothing_is_created(completed, fields, field):
    page, experiments = dashboard(completed)
    page._on_act("new", "", {})

    page._on_form("save", "", {"name": "Spring", **fields})

    assert page.form.assessment.error.field == (field,)
    assert "ap-field wide err" in page.dialog.html or "ap-field err" in page.dialog.html
    assert not [each for each in experiments.asked if each[0] == "create"]


def test_fields_that_the_form_does_not_have_are_left_out(completed):
    page, _ = dashboard(completed)
    page._on_act("new", "", {})

    page._on_form("changed", "tenant", {"tenant": "bolt"})

    assert "tenant" not in page.form.entered.texts


def test_open_of_an_unknown_experiment_shows_another(completed):
    page, _ = dashboard(completed)

    page._on_act("open", "elsewhere", {})

    assert page.chosen == completed.id


def test_us_states_and_countries_are_on_a_map_and_cities_are_not():
    states = map_of(["Texas", "Ohio", "California"])
    countries = map_of(["France", "Germany"])

    assert states.shapes.keys() == {"Texas", "Ohio", "California"}
    assert all(path.startswith("M") for path in countries.shapes.values())
    assert map_of(["Berlin", "Hamburg"]) is None


def test_experiments_are_a_table_for_analysts(completed):
    frame = experiments_frame([completed, example(ExperimentStatus.DRAFT, id="e2")])

    assert frame["lift %"].notna().tolist() == [True, False]
    assert frame["start"].iloc[0] == completed.start_date
