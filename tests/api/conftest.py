"""Two tenants with models, runs and data under the same names, and the API over them."""

from dataclasses import dataclass
from functools import cache

import pytest

from api.people import Client, someone
from apportion.api import create_app
from apportion.config import Settings
from apportion.mmm import summary
from apportion.mmm.posterior import FittedMMM
from apportion.results.accounts import COMMAND_LINE
from apportion.results.mmm import HowSure, MMMResults, ModelStatus
from apportion.results.runs import RunStatus
from apportion.workspace import Workspace
from mmm.companies import prior_fit
from store.examples import experiment, journey_results, rows
from store.examples import results as example_results

ME = {"host": "elsewhere", "pid": 1, "process_started": 1.0}
SURE = (HowSure.VERY_SURE, HowSure.FAIRLY_SURE, HowSure.CANNOT_TELL)


@cache
def small_model(seed: int) -> tuple[MMMResults, FittedMMM]:
    """Give a model of three channels without sampling; the last cannot be told."""
    fitted = prior_fit(seed, size=30, weeks=60, channels=3)
    effects = summary.effects(fitted)
    sure = zip(effects.channels, SURE, strict=True)
    made = example_results(seed).model_copy(
        update={
            "status": ModelStatus.COMPLETED,
            "date_range": fitted.data.date_range,
            "estimate_window": fitted.data.range_of(8, 60),
            "media_percent": effects.media_percent,
            "media_percent_interval": effects.media_percent_interval,
            "channels": tuple(each.model_copy(update={"how_sure": how}) for each, how in sure),
            "saturation_curves": effects.curves,
        }
    )
    return made, fitted


@dataclass(frozen=True)
class Side:
    """One tenant: its store, its client, and what it has."""

    store: object
    client: Client
    run_id: str
    model_id: str

    @property
    def current_spend(self) -> dict[str, float]:
        return {each.channel: each.current_spend for each in self.store.model().channels}


def fill(store, seed: int) -> tuple[str, str]:
    """Give a tenant data, a run that ended, and three versions: failed, completed, failed."""
    made, fitted = small_model(seed)
    store.write_all((name, [row]) for name, row in rows(seed).items())
    store.add_journey_results([journey_results(seed)])
    store.change_setting("attribution", {"halfLifeDays": seed})
    store.add_experiment(experiment(f"text {seed:g}"), by=COMMAND_LINE)
    run = store.start_run("mmm", {"channels": f"text {seed:g}"}, **ME)
    model_ids = []
    for version in (1, 2, 3):
        model = store.start_model(channels=fitted.data.channels, start=None, end=None)
        if version == 2:
            currency = store.tenant.currency
            own = made.model_copy(update={"currency": currency, "outcome": f"text {seed:g}"})
            store.complete_model(model.model_id, own, fitted.to_bytes())
        else:
            store.fail_model(model.model_id, f"text {seed:g}")
        model_ids.append(model.model_id)
    store.finish_run(run.id, RunStatus.FAILED, f"text {seed:g}", output_path="/kept/away.ipynb")
    return run.id, model_ids[1]


@pytest.fixture
def open_workspace(store, database_url):
    settings = Settings(_env_file=None, database_url=database_url)
    return lambda member: Workspace(store, member.tenant.slug, settings, member.acting)


@pytest.fixture
def app(open_workspace):
    return create_app(open_workspace, requests_per_minute=1_000_000)


@pytest.fixture
def sides(app, two_tenants):
    """Both tenants, filled."""
    return [
        Side(store, Client(app, someone(store.tenant)), *fill(store, seed))
        for seed, store in enumerate(two_tenants, start=1)
    ]


@pytest.fixture
def acme(sides):
    return sides[0]


@pytest.fixture
def bolt(sides):
    return sides[1]


@pytest.fixture
def empty(app, tenant):
    """A client of a tenant that has nothing yet."""
    return Client(app, someone(tenant.tenant))
