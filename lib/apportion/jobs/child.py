"""The process that executes one notebook: ``python -m apportion.jobs.child``.

It reads one line of JSON (`input`, `output`, `parameters`) from stdin and writes one line of JSON
(`error`: null or a sentence) to stdout. Its stdin stays open as long as the parent lives: when it
ends, so does this process, and with it the kernel, which watches its own parent.
"""

import json
import os
import sys
import threading
from pathlib import Path

from papermill.exceptions import PapermillExecutionError
from papermill.execute import execute_notebook

from apportion import errors


def main() -> None:
    """Execute the notebook that stdin names."""
    task = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    error = None
    try:
        execute_notebook(
            task["input"],
            task["output"],
            parameters=task["parameters"],
            kernel_name="python3",
            progress_bar=False,
            log_output=False,
            cwd=str(Path(task["output"]).parent),
        )
    except PapermillExecutionError as failure:
        error = _sentence(failure.ename, failure.evalue)
    sys.stdout.write(json.dumps({"error": error}) + "\n")


def _sentence(name: str, value: str) -> str:
    """Our own errors speak for themselves; any other is a bug and keeps its name."""
    is_ours = isinstance(getattr(errors, name, None), type)
    return value if is_ours else f"{name}: {value}"


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main()
