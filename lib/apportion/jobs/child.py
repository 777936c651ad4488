"""The process that executes one notebook: ``python -m apportion.jobs.child``.

It reads one line of JSON (`input`, `output`, `parameters`, `nice`) from stdin. It writes a line of
JSON to stdout at each cell (`cell` and `of`, from 1), and one at the end: `error`, null or a
sentence, and `passing`: whether trying again may help. Its stdin stays open as long as the parent
lives: when it ends, so does this process, and with it the kernel, which watches its own parent.
"""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from nbclient.exceptions import DeadKernelError
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import execute_notebook

from apportion import errors
from apportion.config import get_settings
from apportion.telemetry import traces

ENGINE = "apportion"
PASSING = frozenset(
    {
        "APIConnectionError",
        "APITimeoutError",
        "BrokenPipeError",
        "ConnectError",
        "ConnectTimeout",
        "ConnectionError",
        "ConnectionRefusedError",
        "ConnectionResetError",
        "InternalServerError",
        "OperationalError",
        "OverloadedError",
        "RateLimitError",
        "ReadError",
        "ReadTimeout",
        "TimeoutError",
        "UnreachableError",
    }
)
"""Errors of a connection or of a service elsewhere: what failed so may succeed in a minute. All
others would fail again: data that were refused, a parameter, a bug."""


class TellingEngine(NBClientEngine):  # type: ignore[misc]  # papermill has no types
    """Executes a notebook and tells which cell it is at."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, *args: Any, **kwargs: Any) -> Any:
        """Execute the notebook that papermill manages."""
        code = [cell for cell in nb_man.nb.cells if cell.cell_type == "code"]
        numbers = {id(cell): number for number, cell in enumerate(code, start=1)}
        start = nb_man.cell_start

        def cell_start(cell: Any, *args: Any, **kwargs: Any) -> Any:
            if id(cell) in numbers:
                _tell(cell=numbers[id(cell)], of=len(code))
            return start(cell, *args, **kwargs)

        nb_man.cell_start = cell_start
        return super().execute_managed_notebook(nb_man, *args, **kwargs)


def main() -> None:
    """Execute the notebook that stdin names."""
    task = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(task["nice"])
    papermill_engines.register(ENGINE, TellingEngine)
    error, passing = _execute(task)
    traces.flush(get_settings())
    _tell(error=error, passing=passing)


def _execute(task: dict[str, Any]) -> tuple[str | None, bool]:
    """Give what went wrong, if anything, and whether it may go well another time."""
    with traces.span(get_settings(), f"notebook {Path(task['input']).stem}"):
        return _executed(task)


def _executed(task: dict[str, Any]) -> tuple[str | None, bool]:
    try:
        execute_notebook(
            task["input"],
            task["output"],
            parameters=task["parameters"],
            engine_name=ENGINE,
            kernel_name="python3",
            progress_bar=False,
            log_output=False,
            cwd=str(Path(task["output"]).parent),
        )
    except PapermillExecutionError as failure:
        return _sentence(failure.ename, failure.evalue), failure.ename in PASSING
    except DeadKernelError:
        return "The notebook's process died: it was killed, or the machine ran out of memory.", True
    return None, False


def _tell(**news: object) -> None:
    sys.stdout.write(json.dumps(news) + "\n")
    sys.stdout.flush()


def _sentence(name: str, value: str) -> str:
    """Our own errors speak for themselves; any other is a bug and keeps its name."""
    is_ours = isinstance(getattr(errors, name, None), type)
    return value if is_ours else f"{name}: {value}"


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main()
