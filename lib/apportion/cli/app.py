"""The command group, and how it talks: messages on stderr, results on stdout."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

out = Console(highlight=False, soft_wrap=True)
messages = Console(stderr=True, highlight=False, soft_wrap=True)

tenant_option = click.option("--tenant", required=True, help="The tenant's slug.")
parameters_option = click.option(
    "-p",
    "parameters",
    nargs=2,
    multiple=True,
    metavar="NAME VALUE",
    help="A parameter of the notebook; may be repeated.",
)


MODULES = {
    "demo": "demo",
    "doctor": "installation",
    "import": "data",
    "lab": "lab",
    "lift-test": "mmm_settings",
    "migrate": "installation",
    "mmm": "mmm_settings",
    "run": "runs",
    "runs": "run_control",
    "serve": "serving",
    "show": "runs",
    "tenant": "tenants",
    "token": "accounts",
    "user": "accounts",
    "worker": "worker",
}
"""Command to the module that adds it."""


class _LazyGroup(click.Group):
    """Imports a command's module when the command is asked for, and no others."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names of all commands."""
        return list(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Give a command; None: there is none of this name."""
        if cmd_name in MODULES:
            import_module(f"apportion.cli.{MODULES[cmd_name]}")
        return super().get_command(ctx, cmd_name)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="apportion")
def app() -> None:
    """Marketing measurement: journeys, media mix, incrementality, insights."""


def say(text: str) -> None:
    """Tell the person something that is not the result."""
    messages.print(escape(text))


def say_error(text: str) -> None:
    """Tell what went wrong."""
    messages.print(f"[red]Error:[/red] {escape(text)}")


@contextmanager
def fraction_bar(what: str) -> Iterator[Callable[[float, str], None]]:
    """Show how far something is; the callable takes a fraction and what is being done."""
    with _progress("{task.percentage:>3.0f}%") as progress:
        task = progress.add_task(what, total=1.0)
        yield lambda fraction, message: progress.update(
            task, completed=fraction, description=f"{what}: {escape(message)}" if message else what
        )


@contextmanager
def row_bar(what: str) -> Iterator[Callable[[int], None]]:
    """Show how many rows were handled; the callable takes how many more there are."""
    with _progress("{task.completed:,} rows") as progress:
        task = progress.add_task(what, total=None)
        yield lambda rows: progress.advance(task, rows)


def _progress(figure: str) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn(figure),
        TimeElapsedColumn(),
        console=messages,
        transient=True,
    )
