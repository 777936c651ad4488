"""The runs page, for analysts: what ran, what runs, what failed and why; run again, cancel."""

import asyncio
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup
from tornado.web import HTTPError

from apportion.errors import ApportionError
from apportion.results.accounts import Role
from apportion.results.runs import Run, RunStatus
from apportion.server import run_parts, schedules_page
from apportion.server.errors import STRICT_POLICY, status_of
from apportion.server.notebook_html import POLICY, notebook_page
from apportion.server.page_handler import PageHandler
from apportion.server.pages import RUNS

TABS = ((RUNS.path, "Runs"), (f"{RUNS.path}/versions", "Model versions"))
RUNS_PER_PAGE = 25
ID = r"([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})"


class RunsPageHandler(PageHandler):
    """What the pages of background work share: they are for analysts."""

    needs = Role.ANALYST

    async def act(self, do: Any, *arguments: Any) -> Any:
        """Do what a form says; a refusal is shown on the page, and gives None."""
        try:
            return await asyncio.to_thread(do, *arguments)
        except ApportionError as error:
            self.set_status(status_of(error, 500))
            await self.show(problem=str(error))
            return None

    @abstractmethod
    async def show(self, *, problem: str = "") -> None:
        """Write the page."""

    def write_page(self, answer: str, parts: Sequence[Markup], **values: Any) -> None:
        """Write a page of cards below its answer."""
        self.begin(STRICT_POLICY)
        shared = {"problem": "", "facts": (), "tabs": TABS, "crumb": "", "is_live": False}
        about = {**shared, "tab": self.request.path, "answer": answer, "parts": parts}
        self.finish(self.render_page("runs.html.j2", RUNS, **{**about, **values}))


class RunsHandler(RunsPageHandler):
    """The list, newest first, and the way to start one."""

    async def get(self) -> None:
        """Write the page."""
        await self.show()

    async def post(self) -> None:
        """Ask for a run."""
        run = await self.act(self.workspace.runs.request, self.field("notebook"))
        if run is not None:
            self.redirect(f"{RUNS.path}/{run.id}", status=303)

    async def show(self, *, problem: str = "") -> None:
        """Write the list; `after` in the address goes on where the page before ended."""
        after = self.get_query_argument("after", "") or None
        runs = await asyncio.to_thread(self.workspace.runs.list, RUNS_PER_PAGE + 1, after=after)
        page, zone = runs[:RUNS_PER_PAGE], self.member.tenant.timezone
        names = run_parts.notebooks(self.services.settings.notebooks)
        parts = [
            *([run_parts.start_form(names, self.xsrf_token.decode())] if after is None else []),
            run_parts.runs_card(page, zone, is_first=after is None),
            run_parts.pager(page if len(runs) > RUNS_PER_PAGE else (), is_first=after is None),
        ]
        if after is None:
            schedules = await asyncio.to_thread(self.workspace.schedules.list)
            is_admin = self.member.role is Role.ADMIN
            parts.insert(1, schedules_page.next_card(schedules, zone, is_admin=is_admin))
        is_live = any(not run.status.has_ended for run in page)
        self.write_page(run_parts.summary(page), parts, problem=problem, is_live=is_live)


class OneRunHandler(RunsPageHandler):
    """One run: how far, why, its log, its notebook; cancel, run again."""

    async def get(self, run_id: str) -> None:
        """Write the page."""
        await self.show()

    async def post(self, run_id: str) -> None:
        """Cancel the run, or ask for another one like it."""
        runs = self.workspace.runs
        match self.field("do"):
            case "cancel":
                found = await self.act(runs.cancel, run_id)
            case "again":
                run = await asyncio.to_thread(runs.get, run_id)
                found = await self.act(runs.request, run.kind, _as_text(run.parameters))
            case _:
                raise HTTPError(400)
        if found is not None:
            self.redirect(f"{RUNS.path}/{found.id}", status=303)

    async def show(self, *, problem: str = "") -> None:
        """Write the page."""
        [run_id] = self.path_args
        run, log = await asyncio.to_thread(self._look, run_id)
        zone, xsrf = self.member.tenant.timezone, self.xsrf_token.decode()
        parts = [
            *run_parts.outcome(run, xsrf),
            run_parts.about(run, zone),
            run_parts.log_card(run, log, zone),
        ]
        self.write_page(
            run_parts.answer(run),
            parts,
            facts=run_parts.facts(run, zone),
            problem=problem,
            crumb=run_parts.name(run.kind),
            is_live=not run.status.has_ended,
        )

    def _look(self, run_id: str) -> Any:
        return self.workspace.runs.get(run_id), self.workspace.runs.log(run_id)


class RunNotebookHandler(RunsPageHandler):
    """The executed notebook of a run, to read; nothing in it can do anything."""

    SUPPORTED_METHODS = ("GET",)

    async def get(self, run_id: str) -> None:
        """Write the notebook."""
        run = await asyncio.to_thread(self.workspace.runs.get, run_id)
        text = await asyncio.to_thread(self.workspace.outputs.read, run)
        page = await asyncio.to_thread(notebook_page, text, _title(run))
        self.begin(POLICY)
        self.finish(page)


def _title(run: Run) -> str:
    ended = "" if run.status is RunStatus.COMPLETED else f", {run.status}"
    return f"{run_parts.name(run.kind)}, {run.created_at:%d %B %Y}{ended}"


def _as_text(parameters: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in parameters.items() if value is not None}
