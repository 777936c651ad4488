"""``apportion mmm`` and ``apportion lift-test``: what the media mix model is told."""

import datetime as dt

import click
from pydantic import ValidationError
from rich.table import Table

from apportion.cli.app import app, out, say, tenant_option
from apportion.errors import ParameterError
from apportion.results.base import Interval
from apportion.results.calibration import Direction
from apportion.results.mmm_settings import BudgetSetting, CarryOver, ChannelSettings, Grain
from apportion.workspace import open_workspace

_DAY = click.DateTime(["%Y-%m-%d"])


@app.group()
def mmm() -> None:
    """Tell the media mix model what is known of channels before it sees their data."""


@mmm.command("tell")
@click.argument("channel")
@tenant_option
@click.option(
    "--budget",
    type=click.Choice([str(each) for each in BudgetSetting]),
    help="How its budget is set.",
)
@click.option("--roi-around", type=float, help="A return that would surprise nobody.")
@click.option("--roi-hardly-above", type=float, help="A return that it hardly exceeds (5 %).")
@click.option(
    "--carry-over",
    type=click.Choice([str(each) for each in CarryOver]),
    help="How long an effect lasts.",
)
def tell(
    channel: str,
    tenant: str,
    budget: str | None,
    roi_around: float | None,
    roi_hardly_above: float | None,
    carry_over: str | None,
) -> None:
    """Say what is known of CHANNEL; what is not named stays. It counts from the next training."""
    workspace = open_workspace(tenant)
    named = {
        "budget_setting": budget,
        "roi_around": roi_around,
        "roi_hardly_above": roi_hardly_above,
        "carry_over": carry_over,
    }
    own = workspace.mmm.settings.get().channel(channel).model_dump(by_alias=False)
    try:
        told = ChannelSettings(
            **own | {name: value for name, value in named.items() if value is not None}
        )
    except ValidationError as error:
        raise ParameterError("; ".join(each["msg"] for each in error.errors())) from error
    workspace.mmm.settings.set_channel(channel, told)
    say(f"Told of {channel!r}: its budget is {told.budget_setting.replace('_', ' ')}.")


@mmm.command("grain")
@click.argument("grain", type=click.Choice([str(each) for each in Grain]))
@tenant_option
def grain_(grain: str, tenant: str) -> None:
    """Fit the model to weeks or to days; days need daily data. It counts from the next training."""
    open_workspace(tenant).mmm.settings.set_grain(Grain(grain))
    say(f"Models are fitted by {grain} from the next training on; results are by week.")


@mmm.command("prior")
@tenant_option
def prior(tenant: str) -> None:
    """Show what the settings imply before any data."""
    table = Table("channel", "budget", "return", "revenue a week", "half of it within", box=None)
    for each in open_workspace(tenant).mmm.settings.implications():
        table.add_row(
            each.channel,
            each.budget_setting.replace("_", " "),
            f"{each.roi_median:.2f} ({_interval(each.roi_interval, '.2f')})",
            _interval(each.media_revenue_interval, ",.0f"),
            f"{_interval(each.half_life_weeks_interval, '.1f')} weeks",
        )
    out.print(table)


@app.group("lift-test")
def lift_test() -> None:
    """Enter tests run elsewhere; they calibrate the model beside the own experiments."""


@lift_test.command("add")
@click.argument("name")
@tenant_option
@click.option("--channel", required=True)
@click.option("--start", type=_DAY, required=True, help="First day of the changed spend.")
@click.option("--end", type=_DAY, required=True, help="Last day of it.")
@click.option("--share", type=float, required=True, help="Test regions' share of the outcome, 0-1.")
@click.option("--lift", type=float, required=True, help="More over less, less 1: 0.05 is 5 %.")
@click.option("--lower", type=float, required=True, help="Lower end of its 90 % interval.")
@click.option("--upper", type=float, required=True, help="Upper end of its 90 % interval.")
@click.option(
    "--spend-factor",
    type=float,
    default=0.0,
    show_default=True,
    help="Spend in the test over the usual spend: 0 is off, 2 is twice.",
)
@click.option("--from-nothing", is_flag=True, help="Usually there is no spend at all.")
def add(
    name: str,
    tenant: str,
    channel: str,
    start: dt.datetime,
    end: dt.datetime,
    share: float,
    lift: float,
    lower: float,
    upper: float,
    spend_factor: float,
    from_nothing: bool,
) -> None:
    """Enter the test NAME; it calibrates from the next training on."""
    more = from_nothing or spend_factor > 1
    added = open_workspace(tenant).mmm.settings.add_lift_test(
        name=name,
        channel=channel,
        start=start.date(),
        end=end.date(),
        outcome_share=share,
        lift=lift,
        lift_interval=Interval(lower=lower, upper=upper),
        direction=Direction.ON if more else Direction.OFF,
        spend_factor=None if from_nothing else spend_factor,
    )
    out.print(added.id)
    say(f"Entered {name!r}: {added.incremental_outcome:,.0f} of outcome in the test regions.")


@lift_test.command("list")
@tenant_option
def list_(tenant: str) -> None:
    """List the tests that can calibrate the model, own experiments among them."""
    settings = open_workspace(tenant).mmm.settings
    off = settings.get().experiments_off
    table = Table("id", "name", "channel", "days", "lift", "source", "used", box=None)
    for test in settings.lift_tests():
        table.add_row(
            test.id,
            test.name,
            test.channel,
            f"{test.start} to {test.end}",
            f"{test.lift:.1%} ({_interval(test.lift_interval, '.1%')})",
            test.source,
            "no" if test.id in off else "yes",
        )
    out.print(table)


@lift_test.command("switch")
@click.argument("test_id")
@click.argument("state", type=click.Choice(["on", "off"]))
@tenant_option
def switch(test_id: str, state: str, tenant: str) -> None:
    """Let a test calibrate the model, or not."""
    open_workspace(tenant).mmm.settings.switch_test(test_id, on=state == "on")
    say(f"The lift test {test_id} is {state}.")


@lift_test.command("remove")
@click.argument("test_id")
@tenant_option
def remove(test_id: str, tenant: str) -> None:
    """Remove a test that was entered."""
    open_workspace(tenant).mmm.settings.remove_lift_test(test_id)
    say(f"Removed the lift test {test_id}.")


def _interval(interval: Interval, form: str) -> str:
    return f"{interval.lower:{form}} to {interval.upper:{form}}"
