"""Tell people: of a run that failed, a model that is refused or held back, a critical anomaly.

An alert is stored first, with a delivery for each target that wants to hear of it, so that nothing
is lost when a receiver is away: a delivery is tried again, later and later, and then given up.
"""

import datetime as dt
import hashlib
import hmac
import logging
from collections.abc import Sequence

from apportion.config import Settings
from apportion.errors import FieldError, NotFoundError
from apportion.results.accounts import COMMAND_LINE, ActingMember, Actor
from apportion.results.alerts import Alert, AlertEvent, AlertTarget, Delivery, TargetKind
from apportion.store import TenantStore
from apportion.telemetry.logs import ADDRESS, HIDDEN
from apportion.workspace import alert_mail, alert_webhooks
from apportion.workspace.accounts.keys import derive_key
from apportion.workspace.alert_webhooks import DeliveryError

log = logging.getLogger("apportion.alerts")

EVENTS = tuple(event for event in AlertEvent if event is not AlertEvent.TEST)
RETRY_MINUTES = (1, 5, 30, 120)
"""When a delivery is tried again; after the last it is given up."""

MOST_TARGETS = 20
CLAIM = dt.timedelta(minutes=2)


class AlertsWorkspace:
    """The tenant's alerts."""

    def __init__(self, store: TenantStore, settings: Settings, member: ActingMember | None) -> None:
        self._store = store
        self._settings = settings
        self._member = member

    def targets(self) -> list[AlertTarget]:
        """Give everybody who is told."""
        return self._store.alert_targets()

    def recent(self, limit: int = 20) -> list[Alert]:
        """Give the last alerts, newest first."""
        return self._store.alerts(limit)

    def add_target(
        self, kind: TargetKind, address: str, events: Sequence[AlertEvent]
    ) -> AlertTarget:
        """Tell somebody of these events from now on.

        Raises
        ------
        FieldError
            If the address or the events cannot be used, or there are too many targets.
        ConflictError
            If they are told already.
        """
        address = address.strip()
        if kind is TargetKind.WEBHOOK:
            alert_webhooks.check_address(address, self._hosts)
        else:
            alert_mail.check_address(address)
        chosen = [event for event in EVENTS if event in events]
        if not chosen:
            raise FieldError("events", found="none", allowed="at least one event to be told of")
        if len(self.targets()) >= MOST_TARGETS:
            raise FieldError(
                "address", found="one more", allowed=f"up to {MOST_TARGETS}; remove one first"
            )
        return self._store.add_alert_target(kind, address, chosen, at=_now(), by=self._actor)

    def remove_target(self, target_id: str) -> AlertTarget:
        """Tell somebody nothing any more; NotFoundError if there is no such target."""
        return self._store.remove_alert_target(target_id, at=_now(), by=self._actor)

    def secret_of(self, target: AlertTarget) -> str:
        """Give the secret that signs what a webhook gets; it is made, not stored."""
        key = derive_key(self._settings, "alert webhooks")
        purpose = f"{self._store.tenant.id}/{target.id}".encode()
        return hmac.digest(key, purpose, hashlib.sha256).hex()

    def raise_alert(self, event: AlertEvent, title: str, message: str, *, path: str = "") -> Alert:
        """Record an alert for everybody who wants to hear of it; :meth:`deliver` tells them.

        It may be called in a run, whose process knows no mail server: the worker delivers.

        Parameters
        ----------
        title : str
            What happened, in a few words.
        message : str
            In a sentence or two what it means and what to do; e-mail addresses are taken out.
        path : str
            The page that shows more.
        """
        title, message = (ADDRESS.sub(HIDDEN, text) for text in (title, message))
        wanted = [target.id for target in self.targets() if event in target.events]
        return self._store.record_alert(event, title, message, path, to=wanted)

    def test(self, target_id: str) -> str:
        """Send a test to one target now; give why it did not arrive, empty if it did."""
        target = self._store.alert_target(target_id)
        alert = self._store.record_alert(
            AlertEvent.TEST,
            "A test of alerts",
            "If you can read this, alerts arrive.",
            "/settings/alerts",
            to=[target.id],
        )
        self.deliver()
        sent = next((each for each in self.recent() if each.id == alert.id), alert)
        return sent.problem

    def deliver(self, at: dt.datetime | None = None) -> int:
        """Tell what is to be told by now; give how many deliveries arrived."""
        at = at or _now()
        return sum(self._deliver(delivery, at) for delivery in self._store.due_deliveries(at))

    def _deliver(self, delivery: Delivery, at: dt.datetime) -> bool:
        taken = self._store.claim_delivery(
            delivery.id, attempts=delivery.attempts, until=at + CLAIM
        )
        if not taken:
            return False
        try:
            try:
                self._send(delivery)
            except DeliveryError as error:
                self._put_off(delivery, at, str(error))
                return False
            self._store.finish_delivery(delivery.id, delivered_at=_now())
        except NotFoundError:
            return False  # its target was removed meanwhile
        return True

    def _send(self, delivery: Delivery) -> None:
        alert, target, tenant = delivery.alert, delivery.target, self._store.tenant.name
        base = (self._settings.public_url or "").rstrip("/")
        link = f"{base}{alert.path}" if base and alert.path else ""
        if target.kind is TargetKind.WEBHOOK:
            alert_webhooks.send(
                target.address,
                alert,
                tenant=tenant,
                link=link,
                secret=self.secret_of(target),
                allowed_hosts=self._hosts,
            )
        else:
            alert_mail.send(self._settings, target.address, alert, tenant=tenant, link=link)

    def _put_off(self, delivery: Delivery, at: dt.datetime, problem: str) -> None:
        log.warning("alert %s was not delivered: %s", delivery.alert.id, problem)
        again = None
        if delivery.attempts < len(RETRY_MINUTES):
            again = at + dt.timedelta(minutes=RETRY_MINUTES[delivery.attempts])
        self._store.finish_delivery(delivery.id, delivered_at=None, problem=problem, next_at=again)

    @property
    def _hosts(self) -> frozenset[str]:
        return frozenset(
            name for each in self._settings.alert_hosts.split(",") if (name := each.strip())
        )

    @property
    def _actor(self) -> Actor:
        return COMMAND_LINE if self._member is None else Actor(name=self._member.name)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
