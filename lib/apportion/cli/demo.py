"""``apportion demo``: two synthetic companies with known truth, trained and served."""

import datetime as dt

import click
from rich.table import Table

from apportion.cli.app import app, fraction_bar, out, row_bar, say
from apportion.cli.demo_accounts import DemoAccount, renew_accounts
from apportion.cli.serving import serve_pages
from apportion.config import Settings, get_settings
from apportion.demo.plan import TenantPlan
from apportion.errors import ConfigurationError
from apportion.results.mmm import ModelStatus
from apportion.store import Store
from apportion.store.migrations import migrate
from apportion.workspace import Workspace, open_workspace

FIRST_TENANT = "harbour"
RECORDED = "It had begun before it was entered here."


@app.command()
@click.option("--port", default=8866, show_default=True)
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@click.option("--prepare", is_flag=True, help="Make the demo tenants and end.")
def demo(port: int, no_browser: bool, prepare: bool) -> None:
    """Make the demo tenants if there are none, serve them, and print how to sign in."""
    settings = get_settings()
    if not settings.database_url.startswith("sqlite"):
        raise ConfigurationError(
            "The demo makes its tenants in an embedded SQLite database, but APPORTION_DATABASE_URL "
            "names a server. Unset it, or set APPORTION_HOME to a folder for the demo."
        )
    settings.home.mkdir(parents=True, exist_ok=True)
    store = Store(settings.database_url)
    if not store.is_ready():
        migrate(settings)
    prepare_tenants(settings, store)
    if not prepare:
        print_sign_in(renew_accounts(settings))
        serve_pages(settings, host="127.0.0.1", port=port, open_browser=not no_browser)


def print_sign_in(accounts: list[tuple[DemoAccount, str]]) -> None:
    """Print who can sign in, with the passwords that are good from now on."""
    table = Table("sign in as", "password", "company", "role", box=None)
    for account, password in accounts:
        table.add_row(account.email, password, account.tenant, account.role)
    out.print(table)
    say("The passwords are new at every start of the demo; only their hashes are stored.")


def prepare_tenants(settings: Settings, store: Store) -> None:
    """Make what is missing: tenants, their data, a trained model each."""
    there = {tenant.slug for tenant in store.tenants()}
    finished = settings.home / "demo-is-ready"
    if finished.exists() and FIRST_TENANT in there:
        return
    from apportion import demo as world  # numpy and pandas take a moment; not at a second start
    from apportion.jobs.runner import run_notebook

    end = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    for seed, plan in enumerate(world.DEMO_TENANTS, start=1):
        if plan.slug not in there:
            store.add_tenant(
                plan.slug, name=plan.name, currency=plan.currency, timezone=plan.timezone
            )
        workspace = open_workspace(plan.slug, settings=settings)
        if not workspace.data.holds("order_items"):
            say(f"Simulating three years of {plan.name}")
            made = world.simulate(plan, end=end, seed=seed)
            with row_bar(f"Storing {plan.name}") as on_rows:
                workspace.data.store_frames(made.frames, on_rows)
            days = workspace.data.covers("conversions")
            assert days.first is not None
            workspace.journeys.record_truth(made.truth.shares(days.first, days.last or days.first))
        if not workspace.experiments.list():
            say(f"Reading out the experiments of {plan.name}")
            record_experiments(workspace, plan)
        if not workspace.journeys.has_analysis:
            with fraction_bar(f"Analysing the journeys of {plan.name}") as on_progress:
                run_notebook(workspace, "journeys", {}, on_progress)
        if workspace.mmm.latest().status is not ModelStatus.COMPLETED:
            workspace.mmm.settings.save(world.told(plan))
            with fraction_bar(f"Training the media mix model of {plan.name}") as on_progress:
                run_notebook(workspace, "mmm", {}, on_progress)
        if workspace.insights.stored() is None:
            with fraction_bar(f"Looking for what changed at {plan.name}") as on_progress:
                run_notebook(workspace, "ai_insights", {}, on_progress)
    finished.touch()


def record_experiments(workspace: Workspace, plan: TenantPlan) -> None:
    """Enter the simulated company's experiments, each as far as it has come by the last day."""
    from apportion.demo.experiments import planned_experiments

    last = workspace.data.covers("outcomes").last
    assert last is not None
    experiments = workspace.experiments
    for each, new in zip(plan.experiments, planned_experiments(plan, last), strict=True):
        draft = experiments.create(new)
        if each.cancelled_because:
            experiments.cancel(draft.id, reason=each.cancelled_because)
        elif new.start_date <= last:
            experiments.start(draft.id, override_reason=RECORDED)
            if new.end_date <= last:
                experiments.read_out(draft.id)
