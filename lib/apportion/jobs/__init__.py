"""Runs: a notebook executed for a tenant by papermill, in a process of its own."""

from apportion.jobs.notebooks import NOTEBOOKS, notebook_parameters
from apportion.jobs.runner import run_notebook

__all__ = ["NOTEBOOKS", "notebook_parameters", "run_notebook"]
