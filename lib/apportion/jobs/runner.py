"""Run a notebook for a tenant in the foreground: check, record, execute, record the end."""

from collections.abc import Callable, Mapping

from apportion.errors import RunFailedError
from apportion.jobs.aftermath import after_run
from apportion.jobs.execution import End, execute
from apportion.results.runs import Run
from apportion.workspace import Workspace
from apportion.workspace.notebooks import check_parameters, find_notebook
from apportion.workspace.runs import reason_of

OnProgress = Callable[[float, str], None]


def run_notebook(
    workspace: Workspace,
    notebook: str,
    parameters: Mapping[str, str] | None = None,
    on_progress: OnProgress | None = None,
) -> Run:
    """Execute `notebook` for the workspace's tenant with ``refresh=True`` and wait for the end.

    The executed notebook is kept as the record of the run, also when a cell failed.

    Parameters
    ----------
    parameters : mapping of str to str, optional
        The notebook's own parameters as text, by name.
    on_progress : callable, optional
        Called with a fraction and what the run does.

    Raises
    ------
    NotFoundError, ParameterError
        If there is no such notebook or parameter: nothing was started.
    RunFailedError
        If a cell failed, the process ended or somebody cancelled the run; what was current stays
        current.
    """
    runs = workspace.runs
    source = find_notebook(workspace.settings.notebooks, notebook)
    run = runs.start(notebook, check_parameters(source, parameters or {}))

    def tell() -> None:
        if on_progress is not None:
            state = runs.get(run.id)
            on_progress(state.progress, state.message)

    try:
        outcome = execute(workspace, run, source, holds=runs.holds, on_look=tell)
    except BaseException as failure:
        runs.fail(run.id, reason_of(failure))
        raise
    if outcome.end is End.COMPLETED:
        done = runs.complete(run.id, outcome.output)
        after_run(workspace, run.id)
        return done
    if outcome.end is End.LOST:
        raise RunFailedError(runs.get(run.id).message)
    runs.fail(run.id, outcome.error, outcome.output)
    after_run(workspace, run.id)
    raise RunFailedError(f"{outcome.error}\nThe executed notebook is kept: {outcome.output}")
