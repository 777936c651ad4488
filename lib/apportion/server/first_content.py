"""What an app's page shows in its very first response, before a kernel is asked for."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from apportion.errors import NotFoundError
from apportion.server.pages import Page
from apportion.workspace import Workspace

log = logging.getLogger("apportion.server")


@dataclass(frozen=True)
class First:
    """The notebook's title and question, and the key figures of what is stored."""

    title: str
    question: str
    content: Markup


def first_of(page: Page, workspace: Workspace) -> First:
    """Give the first content of a page; figures that cannot be had come with the widgets."""
    title, question = heading(workspace.settings.notebooks / page.notebook)
    make = MAKERS.get(page.name)
    try:
        content = Markup() if make is None else make(workspace)
    except Exception:  # the notebook will fail the same way, and tells it in the page
        log.exception("There is no first content of %s.", page.path)
        content = Markup()
    return First(title or page.title, question or page.question, content)


def heading(notebook: Path) -> tuple[str, str]:
    """Give the title and the question that a notebook begins with; empty: it has none."""
    try:
        cell = json.loads(notebook.read_text(encoding="utf-8"))["cells"][0]
        text = "".join(cell["source"]) if cell["cell_type"] == "markdown" else ""
    except (OSError, ValueError, LookupError, TypeError):
        return "", ""
    title, _, rest = text.partition("\n")
    return title.removeprefix("# ").strip(), rest.strip().partition("\n\n")[0]


def _mmm(workspace: Workspace) -> Markup:
    # In the thread of the first visit: the views' package brings the widgets along.
    from apportion.views.mmm.first import first_content

    models = workspace.mmm
    return first_content(models.latest(), models.versions(), workspace.tenant)


def _journeys(workspace: Workspace) -> Markup:
    from apportion.views.journeys.first import first_content
    from apportion.views.journeys.reading import Reading

    journeys = workspace.journeys
    try:
        results = journeys.analysis()
        reading = Reading(results, workspace.tenant, is_stale=journeys.is_stale(results))
    except NotFoundError:
        reading = None
    window_days = journeys.settings().window_days
    return first_content(reading, journeys.recent(), workspace.tenant, window_days)


def _incrementality(workspace: Workspace) -> Markup:
    from apportion.views.incrementality.first import first_content

    return first_content(workspace.experiments.list())


def _ai_insights(workspace: Workspace) -> Markup:
    from apportion.views.insights.first import first_content

    stored = workspace.insights.stored()
    return Markup() if stored is None else first_content(stored, workspace.tenant)


MAKERS: Mapping[str, Callable[[Workspace], Markup]] = {
    "ai_insights": _ai_insights,
    "incrementality": _incrementality,
    "journeys": _journeys,
    "mmm": _mmm,
}
"""Page to what makes its figures; a page that is not here shows a skeleton."""
