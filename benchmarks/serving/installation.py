"""A copy of this installation with people of its own, so that the real one is left as it is."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import requests

from apportion.config import Settings
from apportion.errors import ConfigurationError
from apportion.results.accounts import Role
from apportion.store.migrations import migrate
from apportion.views import theme
from apportion.views.mmm.findings import answer
from apportion.views.mmm.reading import Reading
from apportion.workspace import open_workspace
from apportion.workspace.accounts import Accounts

PASSWORD = "quartz umbrella lagoon"
SQLITE = "sqlite:///"


@dataclass(frozen=True)
class Installation:
    """What is served, and to whom."""

    settings: Settings
    tenant: str
    people: tuple[str, ...]
    """E-mail addresses; all have :data:`PASSWORD`."""
    results: Path
    """The stored model as JSON, for a server that knows no Apportion."""
    texts: tuple[str, ...]
    """What is on screen when the first content is: the page's answer and its first key figure."""
    charts: int


def copy_installation(settings: Settings, folder: Path, tenant: str, people: int) -> Installation:
    """Copy database and notebooks' address into `folder`, and add viewers of `tenant`.

    Raises
    ------
    ConfigurationError
        If the database is no SQLite file, or the tenant has no trained model.
    """
    if not settings.database_url.startswith(SQLITE):
        raise ConfigurationError("The benchmark copies an SQLite database: `apportion demo`.")
    copy = settings.model_copy(
        update={
            "home": folder,
            "database_url": f"{SQLITE}{folder / 'apportion.db'}",
            "migration_url": f"{SQLITE}{folder / 'apportion.db'}",
        }
    )
    source = settings.database_url.removeprefix(SQLITE)
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as original,
        closing(sqlite3.connect(folder / "apportion.db")) as target,
    ):
        original.backup(target)
    migrate(copy)
    workspace = open_workspace(tenant, settings=copy)
    results = workspace.mmm.latest()
    if not results.channels or results.media_percent_interval is None:
        raise ConfigurationError(f"{tenant!r} has no trained model: `apportion run mmm`.")
    reading = Reading(results, workspace.tenant.timezone)
    words = answer(reading)[0].striptags()
    figure = f"{theme.span(results.media_percent_interval, theme.percent)} of all {reading.noun}"
    page = folder / "results.json"
    looks = {channel: look.name for channel, look in reading.looks.items()}
    page.write_text(
        json.dumps({"answer": words, "figure": figure, "names": looks})[:-1]
        + f', "results": {results.model_dump_json(by_alias=False)}}}',
        encoding="utf-8",
    )
    charts = len(results.saturation_curves)  # the other tabs are drawn when they are opened
    names = _add_people(copy, tenant, people)
    return Installation(copy, tenant, names, page, (words, figure), charts)


def _add_people(settings: Settings, tenant: str, count: int) -> tuple[str, ...]:
    accounts = Accounts(settings)
    administration = accounts.administer_as_operator(tenant)
    names = tuple(f"viewer{number}@benchmark.example" for number in range(count))
    for name in names:
        administration.add_user(name, Role.VIEWER, password=PASSWORD)
    accounts.close()
    return names


def sign_in(url: str, person: str) -> dict[str, str]:
    """Sign somebody in, and give their browser's cookies."""
    with requests.Session() as browser:
        browser.get(f"{url}/login", timeout=60).raise_for_status()
        form = {"email": person, "password": PASSWORD, "_xsrf": browser.cookies["_xsrf"]}
        answer = browser.post(f"{url}/login", data=form, allow_redirects=False, timeout=60)
        if answer.status_code != 303:
            raise RuntimeError(f"{person} could not sign in: {answer.status_code}")
        return dict(browser.cookies)
