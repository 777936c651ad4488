"""Settings, for administrators: who is told when something goes wrong."""

from collections.abc import Callable, Mapping
from typing import Any

from apportion.errors import ParameterError
from apportion.results.alerts import AlertEvent, TargetKind
from apportion.server.settings_pages import SettingsHandler
from apportion.workspace.accounts import Administration
from apportion.workspace.alerts import EVENTS

NAMES = {
    AlertEvent.RUN_FAILED: "A run failed",
    AlertEvent.MODEL_REFUSED: "A model was refused by its checks",
    AlertEvent.MODEL_HELD_BACK: "A model version is held back",
    AlertEvent.CRITICAL_ANOMALY: "A critical anomaly was found",
    AlertEvent.TEST: "Test",
}


class AlertsHandler(SettingsHandler):
    """Webhooks and e-mail addresses, what they are told, and what was told last."""

    template = "settings_alerts.html.j2"

    def actions(self) -> Mapping[str, Callable[[Administration], dict[str, str]]]:
        """Give the forms of this tab."""
        return {"add": self._add, "remove": self._remove, "test": self._test}

    def look(self, administration: Administration) -> dict[str, Any]:
        """Give who is told, and the last alerts."""
        alerts = self.workspace.alerts
        return {
            "targets": alerts.targets(),
            "alerts": alerts.recent(),
            "events": [(event.value, NAMES[event]) for event in EVENTS],
            "names": NAMES,
            "has_mail": bool(self.services.settings.smtp_host),
        }

    def _add(self, administration: Administration) -> dict[str, str]:
        events = [event for event in EVENTS if self.field(event.value)]
        alerts = self.workspace.alerts
        target = alerts.add_target(self._kind(), self.field("address"), events)
        done = f"{target.address} is told from now on."
        if target.kind is TargetKind.EMAIL:
            return {"done": done}
        return {
            "done": done,
            "secret": alerts.secret_of(target),
            "secret_hint": "The receiver knows us by this secret, with which each alert is signed. "
            "Copy it now: it is not shown again.",
        }

    def _remove(self, administration: Administration) -> dict[str, str]:
        target = self.workspace.alerts.remove_target(self.field("target"))
        return {"done": f"{target.address} is told nothing any more."}

    def _test(self, administration: Administration) -> dict[str, str]:
        problem = self.workspace.alerts.test(self.field("target"))
        if problem:
            return {"problem": f"The test did not arrive. {problem}"}
        return {"done": "The test was delivered."}

    def _kind(self) -> TargetKind:
        try:
            return TargetKind(self.field("kind"))
        except ValueError as error:
            raise ParameterError("Choose a webhook or e-mail.") from error
