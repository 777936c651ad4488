"""Background work: a notebook executed for a tenant by papermill, in a process of its own.

`runner` does it in the foreground, `worker` takes what was asked for from the queue, `child` is the
process that executes, and `engine` is the durable part of the queue (DBOS), imported by workers
only.
"""

from apportion.lean import skip_iri_grammar

skip_iri_grammar()  # before any of these modules imports what reads notebooks
