"""Alerts by e-mail, over the mail server that the settings name."""

import re
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from apportion.config import Settings
from apportion.errors import FieldError
from apportion.results.alerts import Alert
from apportion.workspace.alert_webhooks import DeliveryError

SECONDS = 10.0


def check_address(address: str) -> None:
    """Do nothing if this can be an e-mail address; FieldError if not."""
    if not re.fullmatch(r"[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,255}", address):
        raise FieldError(
            "address", found=address[:80], allowed="an e-mail address, as team@company.example"
        )


def send(settings: Settings, address: str, alert: Alert, *, tenant: str, link: str) -> None:
    """Send an alert as a plain text.

    Raises
    ------
    DeliveryError
        If there is no mail server, or it does not take the message.
    """
    if not settings.smtp_host:
        raise DeliveryError("No mail server is set (APPORTION_SMTP_HOST).")
    try:
        with _connect(settings) as server:
            if settings.smtp_user and settings.smtp_password is not None:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            server.send_message(_message(settings, address, alert, tenant, link))
    except smtplib.SMTPResponseException as error:
        raise DeliveryError(f"The mail server refused: status {error.smtp_code}.") from error
    except (smtplib.SMTPException, ssl.SSLError, OSError) as error:
        raise DeliveryError(f"The mail server cannot be used: {type(error).__name__}.") from error


def _connect(settings: Settings) -> smtplib.SMTP:
    host, port = settings.smtp_host or "", settings.smtp_port
    context = ssl.create_default_context()
    if settings.smtp_tls == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=context)
    server = smtplib.SMTP(host, port, timeout=SECONDS)
    if settings.smtp_tls == "starttls":
        server.starttls(context=context)
    return server


def _message(
    settings: Settings, address: str, alert: Alert, tenant: str, link: str
) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = " ".join(f"{tenant}: {alert.title}".split())[:200]
    message["From"] = settings.smtp_from or "apportion@localhost"
    message["To"] = address
    message["Date"] = formatdate(alert.at.timestamp())
    message["Message-ID"] = make_msgid(alert.id, domain="apportion.invalid")
    message["Auto-Submitted"] = "auto-generated"
    more = f"\n\nMore: {link}" if link else ""
    message.set_content(f"{alert.message}{more}\n\nSent by Apportion for {tenant}.")
    return message
