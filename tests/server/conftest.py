"""An installation with two tenants, a page of a few widgets, and a server that shows it."""

import datetime as dt

import nbformat
import pandas as pd
import pytest

from apportion.config import Settings
from apportion.results.accounts import Role
from apportion.store import Store
from apportion.store.migrations import migrate
from apportion.workspace.accounts import Accounts
from server.process import PASSWORD, running
from views.example import example_results

IMPORTS = """\
import json, os
import bqplot
import ipywidgets as widgets
"""
WIDGETS = """\
count = widgets.HTML("<p>clicked 0 times</p>")
button = widgets.Button(description="Count")
clicks = []

def on_click(_):
    clicks.append(1)
    count.value = f"<p>clicked {len(clicks)} times</p>"
    if len(clicks) == 3:
        raise ValueError("planted in a callback")

button.on_click(on_click)
scales = {"x": bqplot.LinearScale(), "y": bqplot.LinearScale()}
line = bqplot.Lines(x=[1, 2, 3], y=[3, 1, 2], scales=scales)
axes = [bqplot.Axis(scale=scales["x"]), bqplot.Axis(scale=scales["y"], orientation="vertical")]
chart = bqplot.Figure(marks=[line], axes=axes, layout={"width": "100%"})
seen = widgets.Textarea(json.dumps(dict(os.environ)), description="environment")
widgets.VBox([button, count, chart, seen])
"""


def write_page(folder, *cells):
    """Write the notebook of the media mix page from code cells."""
    title = nbformat.v4.new_markdown_cell("# Media mix\n\nWhat does each channel earn?")
    notebook = nbformat.v4.new_notebook(cells=[title, *map(nbformat.v4.new_code_cell, cells)])
    nbformat.write(notebook, folder / "mmm.ipynb")


def add_model(store, slug):
    """Give a tenant a completed model without training one."""
    tenant, made = store.for_tenant(slug), example_results()
    model = tenant.start_model(
        channels=[effect.channel for effect in made.channels],
        start=made.date_range.start,
        end=made.date_range.end,
    )
    results = made.model_copy(update={"model_id": model.model_id, "version": model.version})
    tenant.complete_model(model.model_id, results, b"posterior")


def add_data(store, slug):
    """Give a tenant spend that ends twelve days before its revenue."""
    days = pd.date_range(dt.date(2025, 11, 24), dt.date(2026, 11, 22))
    tenant = store.for_tenant(slug)
    tenant.write("spend", [pd.DataFrame({"date": days[:-12], "channel": "meta", "spend": 10.0})])
    outcomes = {"date": days, "region": "", "metric": "revenue", "value": 100.0}
    tenant.write("outcomes", [pd.DataFrame(outcomes)])


PEOPLE = {
    "ann@acme.example": {"acme": Role.ANALYST},
    "ada@acme.example": {"acme": Role.ADMIN},
    "vic@acme.example": {"acme": Role.VIEWER},
    "ben@birch.example": {"birch": Role.ANALYST},
    "bea@birch.example": {"birch": Role.ADMIN},
    "cleo@clay.example": {"clay": Role.ANALYST},
    "dan@both.example": {"acme": Role.VIEWER, "birch": Role.ANALYST},
}
"""Who has accounts, with which tenants, in which roles."""


def add_people(settings):
    """Give everybody their accounts."""
    accounts = Accounts(settings)
    for email, roles in PEOPLE.items():
        for slug, role in roles.items():
            name = email.partition("@")[0].title()
            administration = accounts.administer_as_operator(slug)
            administration.add_user(email, role, name=name, password=PASSWORD)
    accounts.close()


@pytest.fixture(scope="session")
def installation(tmp_path_factory):
    """Settings of a database with acme (data, model), birch (data) and clay (nothing)."""
    folder = tmp_path_factory.mktemp("installation")
    settings = Settings(_env_file=None, home=folder / "home", notebooks=folder / "notebooks")
    settings.home.mkdir()
    settings.notebooks.mkdir()
    migrate(settings)
    store = Store(settings.database_url)
    for slug, name in {"acme": "Acme & Söhne", "birch": "Birch", "clay": "Clay"}.items():
        store.add_tenant(slug, name=name, currency="EUR", timezone="Europe/Berlin")
    add_data(store, "acme")
    add_data(store, "birch")
    add_model(store, "acme")
    add_people(settings)
    write_page(settings.notebooks, IMPORTS, WIDGETS)
    return settings


@pytest.fixture(scope="session")
def server(installation, tmp_path_factory):
    """A running server for acme."""
    with running(installation, tmp_path_factory.mktemp("server") / "log") as started:
        yield started


@pytest.fixture
def serve_page(installation, tmp_path):
    """Start a server whose media mix page consists of the given cells."""

    def serve(*cells, settings=None, **options):
        notebooks = tmp_path / "notebooks"
        notebooks.mkdir()
        write_page(notebooks, *cells)
        changed = installation.model_copy(update={"notebooks": notebooks, **(settings or {})})
        return running(changed, tmp_path / "log", **options)

    return serve
