"""Background work: a notebook executed for a tenant by papermill, in a process of its own.

`runner` does it in the foreground, `worker` takes what was asked for from the queue, and `engine`
is the durable part of that (DBOS), imported by workers only.
"""

from apportion.jobs.runner import run_notebook

__all__ = ["run_notebook"]
