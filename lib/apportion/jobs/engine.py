"""The durable engine: DBOS, with a queue per notebook and a partition per tenant.

A run's row is the truth; DBOS sees to it that what was admitted is executed, by one worker at a
time, and again when that worker dies. Only ids cross: a workflow is called with a tenant's and a
run's, as JSON. A partition holds one workflow at a time, so that no tenant ever has two trainings.

DBOS takes partitions in random order and knows priorities only inside of one. So runs are let into
its queues one by one, in the order that :func:`apportion.workspace.fleet.in_turn` decides, and
deduplicated where they are asked for: its partitioned queues do not do it.
"""

import datetime as dt
import logging
from collections.abc import Callable, Sequence

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, error

from apportion.config import Settings
from apportion.errors import ConfigurationError
from apportion.jobs import queue_database

APPLICATION = "apportion"
VERSION = "runs-1"
"""Of what a workflow is called with and does; workers of one version take over from each other."""

WORKFLOW = "run"
POLL_SECONDS = 0.5
FORGET_AT_ONCE = 1000

Work = Callable[[str, str], str]
"""Executes the run of a tenant, by their ids, and says how that ended."""


class Engine:
    """DBOS in this process, for one worker.

    Parameters
    ----------
    settings : Settings
    worker : str
        The worker's id; what it had begun before is begun again when it launches.
    kinds : sequence of str
        The notebooks whose queues it serves.
    work : callable
        What to do with a run.

    Raises
    ------
    ConfigurationError
        If DBOS's tables are not there, or are older than this program.
    """

    def __init__(self, settings: Settings, worker: str, kinds: Sequence[str], work: Work) -> None:
        logging.getLogger("dbos").setLevel(logging.ERROR)
        embedded = queue_database.is_embedded(settings)
        config: DBOSConfig = {
            "name": APPLICATION,
            "executor_id": worker,
            "application_version": VERSION,
            "dbos_system_schema": queue_database.SCHEMA,
            "serializer": DBOSPortableJSONSerializer(),
            "run_migrations": embedded,
            "log_level": "ERROR",
        }
        if embedded:
            config["system_database_engine"] = queue_database.engine_of(settings)
        else:
            config["system_database_url"] = queue_database.postgresql_url(settings)
        DBOS(config=config)

        @DBOS.workflow(name=WORKFLOW)
        def run(tenant_id: str, run_id: str) -> str:
            ended: str = DBOS.run_step({"name": "execute"}, work, tenant_id, run_id)
            return ended

        DBOS.listen_queues(list(kinds))
        try:
            DBOS.launch()
        except error.DBOSException as failure:
            raise ConfigurationError(
                f"The tables of the queue are not in order: {failure} Run `apportion migrate`."
            ) from failure
        for kind in kinds:
            DBOS.register_queue(
                kind,
                partition_concurrency=1,
                polling_interval_sec=POLL_SECONDS,
                on_conflict="always_update",
            )

    def enqueue(
        self, kind: str, tenant_id: str, run_id: str, admission: int, priority: int
    ) -> None:
        """Put an admitted run into its queue; once, however often it is called."""
        DBOS.enqueue_workflow_with_options(
            {
                "queue_name": kind,
                "workflow_name": WORKFLOW,
                "workflow_id": workflow_id(run_id, admission),
                "queue_partition_key": tenant_id,
                "priority": priority,
            },
            tenant_id,
            run_id,
        )

    def status(self, run_id: str, admission: int) -> str | None:
        """Give what DBOS knows of an admission of a run; None: nothing."""
        found = DBOS.get_workflow_status(workflow_id(run_id, admission))
        return None if found is None else found.status

    def take_over(self, workers: Sequence[str]) -> None:
        """Put what these dead workers had begun back into the queues.

        Called by several workers at once, each run is still put back once. (`resume_workflow`, the
        public way, would start a run again that another worker has just taken over.)
        """
        DBOS._recover_pending_workflows(list(workers))

    def forget(self, before: dt.datetime) -> int:
        """Delete what DBOS keeps of workflows that ended before; give how many it was."""
        ended = DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            completed_before=before.isoformat(),
            limit=FORGET_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        if ended:
            DBOS.delete_workflows([workflow.workflow_id for workflow in ended])
        return len(ended)

    def close(self, seconds: int) -> None:
        """Stop taking from the queues; wait so long for what is being executed."""
        DBOS.destroy(workflow_completion_timeout_sec=seconds)


def workflow_id(run_id: str, admission: int) -> str:
    """Give DBOS's id for a run that was admitted for the so many-th time."""
    return f"{run_id}.{admission}"
