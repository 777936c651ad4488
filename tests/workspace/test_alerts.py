"""Alerts: stored first, then told to real receivers, signed, tried again; never to inner hosts."""

import datetime as dt
import hashlib
import hmac
import json
import ssl
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from apportion.config import Settings
from apportion.errors import ConflictError, FieldError, NotFoundError
from apportion.results.alerts import AlertEvent, TargetKind
from apportion.workspace import Workspace, alert_webhooks
from apportion.workspace.alert_webhooks import SIGNATURE, DeliveryError
from apportion.workspace.alerts import EVENTS, RETRY_MINUTES
from workspace.receivers import http_receiver, mail_receiver

FAILED, HELD = AlertEvent.RUN_FAILED, AlertEvent.MODEL_HELD_BACK
WEBHOOK, EMAIL = TargetKind.WEBHOOK, TargetKind.EMAIL


@pytest.fixture
def receiver():
    with http_receiver() as received:
        yield received


@pytest.fixture
def mailbox():
    with mail_receiver() as received:
        yield received


@pytest.fixture
def open_workspace(store, two_tenants, tmp_path, mailbox):
    """Open a tenant's workspace that may reach receivers on this machine."""
    settings = Settings(
        _env_file=None,
        home=tmp_path,
        alert_hosts="127.0.0.1",
        smtp_host="127.0.0.1",
        smtp_port=mailbox.port,
        smtp_tls="none",
        smtp_from="apportion@acme.example",
        public_url="https://apportion.acme.example",
    )
    return lambda slug: Workspace(store, slug, settings)


@pytest.fixture
def acme(open_workspace):
    return open_workspace("acme")


def _address(receiver, path="/hook"):
    return f"http://127.0.0.1:{receiver.port}{path}"


def test_a_webhook_gets_what_happened_with_a_signature_it_can_check(acme, receiver):
    target = acme.alerts.add_target(WEBHOOK, _address(receiver), [FAILED])
    alert = acme.alerts.raise_alert(
        FAILED, "Media mix failed", "Too few weeks for bob@acme.example.", path="/runs/1"
    )

    assert acme.alerts.deliver() == 1

    [(path, headers, body)] = receiver.got
    said = json.loads(body)
    assert path == "/hook"
    assert (said["event"], said["company"], said["title"]) == (
        "run_failed", "Acme", "Media mix failed"
    )  # fmt: skip
    assert said["message"] == "Too few weeks for [address]."
    assert said["link"] == "https://apportion.acme.example/runs/1"
    at, mark = (part.partition("=")[2] for part in headers[SIGNATURE].split(","))
    expected = hmac.new(
        acme.alerts.secret_of(target).encode(), f"{at}.".encode() + body, hashlib.sha256
    )
    assert mark == expected.hexdigest()
    assert abs(int(at) - time.time()) < 60
    assert acme.alerts.recent()[0].model_copy(update={"delivered": 0}) == alert.model_copy(
        update={"waiting": 0}
    )


def test_an_e_mail_says_what_happened_and_where_to_look(acme, mailbox):
    acme.alerts.add_target(EMAIL, "team@acme.example", [HELD])
    acme.alerts.raise_alert(HELD, "Version 5 is held back\nBcc: x", "It jumps.", path="/runs")

    assert acme.alerts.deliver() == 1

    [(sender, to, text)] = mailbox.got
    assert (sender, to) == ("apportion@acme.example", "team@acme.example")
    assert "Subject: Acme: Version 5 is held back Bcc: x" in text
    assert "It jumps." in text
    assert "https://apportion.acme.example/runs" in text


def test_only_who_wants_to_hear_of_an_event_is_told(acme, receiver, mailbox):
    acme.alerts.add_target(WEBHOOK, _address(receiver), [FAILED])
    acme.alerts.add_target(EMAIL, "team@acme.example", EVENTS)

    acme.alerts.raise_alert(HELD, "x", "y")
    acme.alerts.deliver()

    assert (len(receiver.got), len(mailbox.got)) == (0, 1)


def test_an_alert_is_told_once(acme, receiver):
    acme.alerts.add_target(WEBHOOK, _address(receiver), [FAILED])
    acme.alerts.raise_alert(FAILED, "x", "y")

    assert [acme.alerts.deliver(), acme.alerts.deliver()] == [1, 0]
    assert len(receiver.got) == 1


def test_what_does_not_arrive_is_tried_again_later_and_later_and_then_given_up(acme, receiver):
    receiver.status = 500
    acme.alerts.add_target(WEBHOOK, _address(receiver), [FAILED])
    acme.alerts.raise_alert(FAILED, "x", "y")
    at = dt.datetime.now(dt.UTC)

    for minutes in (0, *RETRY_MINUTES):
        at += dt.timedelta(minutes=minutes)
        assert acme.alerts.deliver(at - dt.timedelta(seconds=1 if minutes else -1)) == 0
        acme.alerts.deliver(at + dt.timedelta(seconds=1))
        at += dt.timedelta(seconds=2)
    acme.alerts.deliver(at + dt.timedelta(days=9))

    assert len(receiver.got) == 1 + len(RETRY_MINUTES)
    [alert] = acme.alerts.recent()
    assert (alert.delivered, alert.waiting) == (0, 0)
    assert "status 500" in alert.problem


def test_a_receiver_that_comes_back_is_told(acme, receiver):
    receiver.status = 503
    acme.alerts.add_target(WEBHOOK, _address(receiver), [FAILED])
    acme.alerts.raise_alert(FAILED, "x", "y")
    acme.alerts.deliver()
    receiver.status = 204

    assert acme.alerts.deliver(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=2)) == 1
    assert acme.alerts.recent()[0].problem == ""


def test_a_mail_server_that_refuses_is_told_of(acme, mailbox):
    mailbox.refuses = True
    target = acme.alerts.add_target(EMAIL, "team@acme.example", [FAILED])

    assert "mail server" in acme.alerts.test(target.id)
    mailbox.refuses = False
    assert acme.alerts.test(target.id) == ""


def test_neither_tenant_sees_tells_or_removes_for_the_other(open_workspace, receiver):
    acme, bolt = open_workspace("acme"), open_workspace("bolt")
    theirs = bolt.alerts.add_target(WEBHOOK, _address(receiver, "/bolt"), [FAILED])
    own = acme.alerts.add_target(WEBHOOK, _address(receiver, "/acme"), [FAILED])

    acme.alerts.raise_alert(FAILED, "of acme", "y")
    acme.alerts.deliver()
    bolt.alerts.deliver()

    assert [path for path, _, _ in receiver.got] == ["/acme"]
    assert acme.alerts.targets() == [own]
    assert bolt.alerts.recent() == []
    for act in (acme.alerts.remove_target, acme.alerts.test):
        with pytest.raises(NotFoundError, match=f"no alert target {theirs.id}"):
            act(theirs.id)
    assert bolt.alerts.targets() == [theirs]
    assert acme.alerts.secret_of(own) != bolt.alerts.secret_of(theirs)


def test_who_is_told_already_is_not_told_twice(acme):
    acme.alerts.add_target(EMAIL, "team@acme.example", [FAILED])

    with pytest.raises(ConflictError, match="is told already"):
        acme.alerts.add_target(EMAIL, "team@acme.example", [HELD])


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        (WEBHOOK, "http://hooks.example.com/x"),
        (WEBHOOK, "ftp://hooks.example.com/x"),
        (WEBHOOK, "https://me:secret@hooks.example.com/x"),
        (WEBHOOK, "https:///x"),
        (WEBHOOK, "https://[::1/x"),
        (WEBHOOK, "https://hooks.example.com/a b"),
        (EMAIL, "nobody"),
        (EMAIL, "a@b.example\nBcc: c@d.example"),
        (EMAIL, "a@b.example, c@d.example"),
    ],
)
def test_a_bad_address_is_refused(acme, kind, address):
    with pytest.raises(FieldError, match="address"):
        acme.alerts.add_target(kind, address, [FAILED])
    assert acme.alerts.targets() == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.0.0.8",
        "192.168.1.1",
        "169.254.169.254",
        "[::1]",
        "[fd00::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "224.0.0.1",
        "2130706433",
    ],
)
def test_nothing_inside_the_network_is_reached(acme, receiver, host):
    alert = acme.alerts.raise_alert(FAILED, "x", "y")

    with pytest.raises(DeliveryError, match=r"open internet|no host"):
        alert_webhooks.send(
            f"https://{host}:{receiver.port}/", alert, tenant="Acme", link="", secret="s"
        )
    assert receiver.got == []


def test_a_redirection_is_not_followed(acme, receiver):
    receiver.status, receiver.headers = 307, {"Location": _address(receiver, "/inside")}
    target = acme.alerts.add_target(WEBHOOK, _address(receiver), [FAILED])

    assert "status 307" in acme.alerts.test(target.id)
    assert [path for path, _, _ in receiver.got] == ["/hook"]


def test_a_receiver_that_says_nothing_is_given_up(acme, receiver, monkeypatch):
    monkeypatch.setattr(alert_webhooks, "SECONDS", 0.3)
    receiver.wait = 30
    target = acme.alerts.add_target(WEBHOOK, _address(receiver), [FAILED])

    assert "No answer within 0.3 seconds" in acme.alerts.test(target.id)


@pytest.mark.parametrize("name", ["localhost", "elsewhere.example"], ids=["right", "wrong"])
def test_https_checks_the_name_although_the_address_is_fixed(acme, tmp_path, name):
    server, trust = _certificate(name, tmp_path)
    alert = acme.alerts.raise_alert(FAILED, "x", "y")
    about = {"tenant": "Acme", "link": "", "secret": "s", "allowed_hosts": ["localhost"]}

    with http_receiver(server) as received:
        address = f"https://localhost:{received.port}/hook"
        if name == "localhost":
            alert_webhooks.send(address, alert, verify=trust, **about)
            assert received.got[0][1]["Host"] == f"localhost:{received.port}"
        else:
            with pytest.raises(DeliveryError, match="cannot be reached"):
                alert_webhooks.send(address, alert, verify=trust, **about)
            assert received.got == []


def _certificate(name, folder):
    """Give a server's context with a certificate for `name`, and one that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "server.pem").write_bytes(pem + private)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem")
    return server, ssl.create_default_context(cadata=pem.decode())
