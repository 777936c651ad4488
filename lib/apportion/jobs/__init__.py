"""Runs: a notebook executed for a tenant by papermill, in a process of its own."""

from apportion.jobs.runner import run_notebook

__all__ = ["run_notebook"]
