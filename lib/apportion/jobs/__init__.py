"""Background work: a notebook executed for a tenant by papermill, in a process of its own.

`runner` does it in the foreground, `worker` takes what was asked for from the queue, `child` is the
process that executes, and `engine` is the durable part of the queue (DBOS), imported by workers
only.
"""

import sys

# Whoever reads notebooks imports jsonschema, which would first build a grammar of web addresses
# that no notebook needs: a third of what a run's process takes to start. It does without as well.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
