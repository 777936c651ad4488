"""What follows the end of a run: people are told, old notebooks go, numbers are counted.

The run is over by then: nothing here may change how it ended, so whatever goes wrong is logged.
"""

import logging

from apportion.results.alerts import AlertEvent
from apportion.results.insights import Severity
from apportion.results.mmm import MMMResults, ModelStatus
from apportion.results.runs import Run, RunStatus
from apportion.telemetry import metrics
from apportion.workspace import Workspace
from apportion.workspace.fleet import Fleet
from apportion.workspace.notebooks import NAMES

log = logging.getLogger("apportion.runs")

RECENT_VERSIONS = 5
MOST_REMEMBERED = 500
"""Of so many last alerts it is known that people were told."""

INSIGHTS = "/admin/attribution/ai-insights"


def after_run(workspace: Workspace, run_id: str) -> None:
    """Do what follows the end of a run; nothing, if it has not ended."""
    try:
        run = workspace.runs.get(run_id)
        if not run.status.has_ended:
            return
        model = _model_of(workspace, run)
        _count(run, model)
        _raise_alerts(workspace, run, model)
        _deliver(workspace)
        workspace.outputs.sweep()
    except Exception:  # the run has ended well or not, and stays so
        log.exception("What follows a run's end failed.")


def deliver_everybodys(fleet: Fleet) -> None:
    """Tell the people of every tenant what they are to be told by now."""
    for tenant in fleet.tenants():
        _deliver(fleet.workspace(tenant.slug))


def _deliver(workspace: Workspace) -> None:
    metrics.ALERTS_DELIVERED.inc(workspace.alerts.deliver())


def _model_of(workspace: Workspace, run: Run) -> MMMResults | None:
    """Give the version that a run trained, which has the run's id."""
    if run.kind != "mmm":
        return None
    versions = workspace.mmm.versions(RECENT_VERSIONS)
    head = next((found for found in versions if found.model_id == run.id), None)
    return head and workspace.mmm.version(head.version)


def _count(run: Run, model: MMMResults | None) -> None:
    if run.started_at is not None and run.finished_at is not None:
        waited = (run.started_at - run.created_at).total_seconds()
        took = (run.finished_at - run.started_at).total_seconds()
        metrics.RUN_WAITED.labels(run.kind).observe(waited)
        metrics.RUN_SECONDS.labels(run.kind, run.status).observe(took)
    if model is not None and model.diagnostics is not None:
        metrics.DIVERGENCES.inc(model.diagnostics.divergences)


def _raise_alerts(workspace: Workspace, run: Run, model: MMMResults | None) -> None:
    alerts, name = workspace.alerts, NAMES.get(run.kind, run.kind)
    if model is not None and model.held_back and not model.is_current:
        title = f"Model version {model.version} is held back"
        alerts.raise_alert(
            AlertEvent.MODEL_HELD_BACK, title, model.held_back, path="/runs/versions"
        )
    if run.kind == "ai_insights" and run.status is RunStatus.COMPLETED:
        _tell_of_anomalies(workspace)
    if run.status is not RunStatus.FAILED:
        return
    # A version that fails with the run's own words was refused by its checks; any other end (a
    # bug, a process that died) has other words in the version than in the run.
    if model is not None and model.status is ModelStatus.FAILED and model.reason == run.message:
        title = f"Model version {model.version} was refused"
        alerts.raise_alert(AlertEvent.MODEL_REFUSED, title, run.message, path=f"/runs/{run.id}")
    else:
        alerts.raise_alert(
            AlertEvent.RUN_FAILED, f"{name} failed", run.message, path=f"/runs/{run.id}"
        )


def _tell_of_anomalies(workspace: Workspace) -> None:
    """Raise an alert for each critical anomaly that nobody was told of yet."""
    found = workspace.insights.stored()
    if found is None:
        return
    told = {alert.path for alert in workspace.alerts.recent(MOST_REMEMBERED)}
    for anomaly in found.anomalies:
        path = f"{INSIGHTS}#{anomaly.id}"
        if anomaly.severity is Severity.CRITICAL and path not in told:
            title = f"Critical: {anomaly.title}"
            message = f"{anomaly.description} {anomaly.recommendation}"
            workspace.alerts.raise_alert(AlertEvent.CRITICAL_ANOMALY, title, message, path=path)
