"""``apportion user`` and ``apportion token``: who may see a tenant's data, and which programs."""

import sys

import click
from rich.markup import escape
from rich.table import Column, Table

from apportion.cli.app import app, out, say, tenant_option
from apportion.results.accounts import Role
from apportion.workspace.accounts import Accounts, Administration

role_option = click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    required=True,
    help="viewer reads; analyst also runs and edits; admin also manages users and tokens.",
)


def _administration(tenant: str) -> Administration:
    return Accounts().administer_as_operator(tenant)


@app.group()
def user() -> None:
    """Users: the people who may see a tenant's data."""


@user.command("add")
@click.argument("email")
@tenant_option
@role_option
@click.option("--name", default="", help="What to call them; default: the address.")
@click.option("--password-stdin", is_flag=True, help="Read their password from standard input.")
def add_user(email: str, tenant: str, role: str, name: str, password_stdin: bool) -> None:
    """Add a user to a tenant.

    The password is asked for. Without a terminal to ask at, or if none is typed, a one-time
    password is made and printed; they choose their own when they first sign in.
    """
    administration = _administration(tenant)
    password = _typed_password(password_stdin)
    added = administration.add_user(email, Role(role), name=name, password=password)
    say(f"Added {added.user.email} to {tenant!r} as {added.user.role}.")
    _print_one_time(added.one_time_password)


@user.command("list")
@tenant_option
def list_users(tenant: str) -> None:
    """List the users of a tenant."""
    table = Table(_whole("email"), "name", "role", "added", "state", box=None)
    for each in _administration(tenant).users():
        state = "disabled" if each.disabled_at else "one-time password"
        is_plain = each.disabled_at is None and not each.must_change_password
        cells = (each.email, each.name, each.role, f"{each.created_at:%Y-%m-%d}")
        table.add_row(*map(escape, cells), "" if is_plain else state)
    out.print(table)


@user.command("delete")
@click.argument("email")
@tenant_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete_user(email: str, tenant: str, yes: bool) -> None:
    """Delete a user of a tenant; their sessions and tokens end at once."""
    administration = _administration(tenant)
    found = administration.user_with_email(email)
    if not yes:
        click.confirm(f"Delete {found.email} from {tenant!r}?", abort=True, err=True)
    administration.remove_user(found.id)
    say(f"Deleted {found.email} from {tenant!r}.")


@user.command("reset-password")
@click.argument("email")
@tenant_option
def reset_password(email: str, tenant: str) -> None:
    """Give a user a one-time password; their sessions end at once."""
    administration = _administration(tenant)
    found = administration.user_with_email(email)
    _print_one_time(administration.reset_password(found.id))


@app.group()
def token() -> None:
    """Tokens: by which programs use the API of a tenant."""


@token.command("create")
@tenant_option
@role_option
@click.option("--name", default="command line", show_default=True, help="What it is for.")
@click.option("--expires-days", type=int, help="Default: good until it is revoked.")
def create_token(tenant: str, role: str, name: str, expires_days: int | None) -> None:
    """Make an API token and print it; it cannot be shown again."""
    created = _administration(tenant).create_token(name, Role(role), expires_days=expires_days)
    say(f"Made the token {created.token.id}. Keep it now: it is not shown again.")
    click.echo(created.text)


@token.command("list")
@tenant_option
def list_tokens(tenant: str) -> None:
    """List the API tokens of a tenant."""
    days = ("created", "last used", "expires", "revoked")
    table = Table(_whole("id"), "name", "role", *days, box=None)
    for each in _administration(tenant).tokens():
        instants = (each.created_at, each.last_used_at, each.expires_at, each.revoked_at)
        cells = ("" if instant is None else f"{instant:%Y-%m-%d}" for instant in instants)
        table.add_row(each.id, escape(each.name), each.role, *cells)
    out.print(table)


@token.command("revoke")
@click.argument("token_id", metavar="ID")
@tenant_option
def revoke_token(token_id: str, tenant: str) -> None:
    """Refuse a token from now on."""
    revoked = _administration(tenant).revoke_token(token_id)
    say(f"Revoked the token {revoked.id} ({revoked.name}).")


def _whole(heading: str) -> Column:
    """Give a column that is never cut short: what it shows is typed into the next command."""
    return Column(heading, no_wrap=True, overflow="ignore")


def _typed_password(from_stdin: bool) -> str | None:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        return None
    typed: str = click.prompt(
        "Password (empty: make a one-time password)",
        default="",
        show_default=False,
        hide_input=True,
        confirmation_prompt=True,
        err=True,
    )
    return typed or None


def _print_one_time(password: str | None) -> None:
    if password is not None:
        say("Their one-time password follows; it is good for 7 days and is not shown again.")
        click.echo(password)
