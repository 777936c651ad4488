"""The home page's content, in every state a tenant can be in."""

import datetime as dt

import pandas as pd
import pytest

from apportion.config import Settings
from apportion.results.accounts import COMMAND_LINE, AuditAction
from apportion.results.incrementality import ExperimentStatus
from apportion.results.insights import Severity
from apportion.results.mmm import DateRange, HowSure, ModelStatus
from apportion.results.runs import Run, RunStatus
from apportion.server.home import answer, home, mmm_card, most_telling, total, without_model
from apportion.server.home_apps import STATES, of_run
from apportion.server.home_data import Freshness, Loaded, data_card, freshness
from apportion.server.pages import APPS, Page
from apportion.store import Store
from apportion.views.mmm.reading import Reading
from apportion.workspace import Workspace, open_workspace
from server.conftest import add_data, add_model
from store.examples import experiment, rows
from views.example import ROBYN, SHOP, example_results, without_figures
from views.test_insights import anomaly, insights

TODAY = dt.date(2026, 11, 23)
MMM = next(app for app in APPS if app.name == "mmm").path


def shown(settings, slug, today=TODAY):
    """Give the whole page as one text."""
    content = home(open_workspace(slug, settings=settings), APPS, today)
    return str(content.answer) + " ".join(content.facts) + " ".join(content.parts)


def test_with_a_model_the_answer_is_what_ads_brought(installation):
    page = shown(installation, "acme")

    assert "Ads brought <em>" in page
    assert "Version 1, trained 23 November 2026, 05:32 CET" in page
    assert f'href="{MMM}"' in page


def test_with_data_and_no_model_the_page_tells_how_to_train(installation):
    page = shown(installation, "birch")

    assert "There is no media mix model yet" in page
    assert "apportion run mmm --tenant birch" in page
    assert "Ads brought" not in page


def test_without_data_the_page_tells_how_to_import(installation):
    page = shown(installation, "clay")

    assert "No data yet" in page
    assert "apportion import clay spend FILE" in page
    assert "Nothing yet" in page


def test_the_page_says_how_old_the_data_are(installation):
    assert "Data until 22 November 2026</span>" not in shown(installation, "acme", TODAY)
    assert "Data until 22 November 2026, 3 days ago" in shown(
        installation, "acme", dt.date(2026, 11, 25)
    )


def test_the_total_is_the_sum_of_the_channels_with_the_shares_interval():
    results = example_results()
    found = total(Reading(results))

    assert found.brought == pytest.approx(sum(effect.contribution for effect in results.channels))
    share, interval = results.media_percent, results.media_percent_interval
    assert found.interval.lower / found.brought == pytest.approx(interval.lower / share)
    assert found.interval.upper / found.brought == pytest.approx(interval.upper / share)
    assert found.spend == pytest.approx(52 * sum(made.spend for made in SHOP))


def test_an_outcome_that_is_not_money_has_no_currency():
    reading = Reading(example_results(outcome="orders"))

    assert "€" not in str(answer(reading))
    assert "of orders" in str(answer(reading))


def test_the_card_shows_the_channels_that_are_sure_first():
    assert {effect.channel for effect in most_telling(Reading(example_results(SHOP)))} == {
        "email",
        "tiktok",
        "display",
        "tv",
    }
    assert [effect.channel for effect in most_telling(Reading(example_results(ROBYN)))] == ["tv_S"]


def test_channels_that_cannot_be_told_are_hatched():
    made = [type(made)(**{**made.__dict__, "how_sure": HowSure.CANNOT_TELL}) for made in SHOP]
    card = str(mmm_card(Reading(example_results(made)), None))

    assert card.count("hatched") == 4
    assert "cannot tell" in card
    assert "href" not in card


@pytest.mark.parametrize(
    ("status", "reason", "said"),
    [
        (ModelStatus.RUNNING, None, "Version 3 is training"),
        (ModelStatus.FAILED, "9 weeks of <b>spend", "9 weeks of &lt;b&gt;spend"),
        (ModelStatus.DRAFT, None, "apportion run mmm --tenant acme"),
    ],
)
def test_a_model_without_figures_says_why(status, reason, said):
    text, part = without_model(without_figures(status, reason, version=3), "acme")

    assert said in str(text) + str(part)


def test_datasets_that_end_early_are_named(installation):
    fresh = freshness(open_workspace("acme", settings=installation).data)
    card = str(data_card(fresh))

    assert fresh.last == dt.date(2026, 11, 22)
    assert "Spend ends earlier than the rest" in card
    assert "12 days behind" in card
    assert "Not loaded: controls, touchpoints, conversions, order items, events." in card


def test_events_that_lie_ahead_make_nothing_late():
    loaded = (
        Loaded("spend", 9, dt.date(2026, 1, 1), dt.date(2026, 11, 22)),
        Loaded("events", 1, dt.date(2026, 12, 1), dt.date(2026, 12, 24)),
    )
    fresh = Freshness(loaded, ())

    assert fresh.last == dt.date(2026, 11, 22)
    assert "behind" not in str(data_card(fresh))


def test_a_failed_run_is_shown_with_its_reason(installation):
    store = Store(installation.database_url)
    store.add_tenant("dune", name="Dune", currency="EUR", timezone="UTC")
    add_data(store, "dune")
    runs = open_workspace("dune", settings=installation).runs
    runs.fail(runs.start("mmm", {}).id, "9 weeks of <b>spend")

    page = shown(installation, "dune")

    assert "9 weeks of &lt;b&gt;spend" in page
    assert "Failed" in page


def test_home_shows_nothing_of_another_tenant(installation):
    store = Store(installation.database_url)
    store.add_tenant("other", name="Other", currency="USD", timezone="UTC")
    days = pd.date_range("2030-01-01", "2030-01-31")
    store.for_tenant("other").write(
        "spend", [pd.DataFrame({"date": days, "channel": "meta", "spend": 1.0})]
    )

    assert "2030" in shown(installation, "other")
    assert "2030" not in shown(installation, "acme")


def test_every_app_has_a_line_with_its_state(installation):
    acme, clay = shown(installation, "acme"), shown(installation, "clay")

    for app in APPS:
        assert f'<a href="{app.path}"><b>{app.title}</b></a>' in acme
    assert "Version 1, trained 23 November 2026" in acme
    assert "No model was trained yet" in clay


@pytest.mark.parametrize(
    ("status", "said"),
    [(RunStatus.COMPLETED, "Up to date"), (RunStatus.FAILED, "Failed"), (None, "Nothing was run")],
)
def test_an_app_that_says_nothing_itself_is_told_by_its_last_run(status, said):
    page = Page("else", "Else", "/else", "What else?")
    at = dt.datetime(2026, 11, 23, 8, tzinfo=dt.UTC)
    runs = [] if status is None else [Run(id="1", kind="else", status=status, created_at=at)]
    state = of_run(page, runs, "Europe/Berlin")

    assert said in f"{state.text} {state.chip}"
    assert ("09:00 CET" in state.text) is (status is not None)


def test_a_model_that_ends_long_before_the_data_says_so(store):
    store.add_tenant("late", name="Late", currency="EUR", timezone="Europe/Berlin")
    add_model(store, "late")
    workspace = Workspace(store, "late", Settings(_env_file=None))
    fresh = STATES["mmm"](workspace)
    last = workspace.mmm.latest().date_range.end + dt.timedelta(days=15)
    tenant = store.for_tenant("late")
    row = {"date": [pd.Timestamp(last)]}
    tenant.write("spend", [pd.DataFrame({**row, "channel": ["meta"], "spend": [1.0]})])
    values = {"region": [""], "metric": ["revenue"], "value": [1.0]}
    tenant.write("outcomes", [pd.DataFrame({**row, **values})])

    assert fresh.chip == "Up to date"
    assert STATES["mmm"](workspace).chip == "Newer data since"


def test_insights_of_the_newest_data_tell_health_and_what_is_critical(store):
    store.add_tenant("told", name="Told", currency="EUR", timezone="Europe/Berlin")
    workspace = Workspace(store, "told", Settings(_env_file=None))
    assert STATES["ai_insights"](workspace).chip == "Empty"
    tenant = store.for_tenant("told")
    tenant.write("spend", [rows()["spend"]])
    first, last = workspace.insights.range_of()
    days = DateRange(start=first, end=last)
    serious = anomaly("TV", id="A1", severity=Severity.CRITICAL)

    chips = []
    usual = anomaly("Meta", severity=Severity.WARNING)
    for found in (insights("Meta", usual), insights("Meta", usual, serious)):
        tenant.store_insights(found.model_copy(update={"date_range": days}))
        chips.append(STATES["ai_insights"](workspace).chip)

    assert chips == ["Up to date", "1 to look at"]


def test_experiments_tell_what_runs_and_what_is_due(store):
    store.add_tenant("tests", name="Tests", currency="EUR", timezone="Europe/Berlin")
    workspace, tenant = (
        Workspace(store, "tests", Settings(_env_file=None)),
        store.for_tenant("tests"),
    )
    seen = [STATES["incrementality"](workspace)]
    draft = tenant.add_experiment(experiment("Spring"), by=COMMAND_LINE)
    seen.append(STATES["incrementality"](workspace))
    running = draft.model_copy(update={"status": ExperimentStatus.RUNNING})
    tenant.save_experiment(
        running,
        was=ExperimentStatus.DRAFT,
        action=AuditAction.EXPERIMENT_STARTED,
        by=COMMAND_LINE,
    )
    seen.append(STATES["incrementality"](workspace))
    day = {"date": [pd.Timestamp(draft.end_date)], "region": [""], "metric": ["revenue"]}
    tenant.write("outcomes", [pd.DataFrame({**day, "value": [1.0]})])
    seen.append(STATES["incrementality"](workspace))

    assert [each.chip for each in seen] == ["Empty", "Draft", "1 running", "A read-out is due"]
    assert seen[1].text == "1 experiment, 0 read out"
