"""Alerts by webhook: one signed POST over HTTPS, to an address on the open internet.

Whoever may set an address could otherwise let this server knock at doors behind the company's
firewall. So the name is resolved here, every address that it has must be public, the connection
goes to exactly the address that was looked at (a second look-up could give another one), and no
redirection is followed. The operator may name hosts inside of the network that are meant
(``APPORTION_ALERT_HOSTS``).
"""

import hashlib
import hmac
import ipaddress
import json
import socket
import ssl
import time
from collections.abc import Collection
from urllib.parse import urlsplit

from apportion.errors import FieldError
from apportion.results.alerts import Alert

SECONDS = 5.0
SIGNATURE = "X-Apportion-Signature"
LONGEST_ADDRESS = 500


class DeliveryError(Exception):
    """An alert could not be delivered; it says why, without naming what is inside the network."""


def check_address(address: str, allowed_hosts: Collection[str] = ()) -> None:
    """Do nothing if alerts may be sent to this address, as far as its text tells.

    Raises
    ------
    FieldError
        If it is no https address, or holds a name and a password.
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    schemes = ("https", "http") if host in allowed_hosts else ("https",)
    is_good = (
        host
        and parts.scheme in schemes
        and len(address) <= LONGEST_ADDRESS
        and address.isprintable()
        and " " not in address
        and parts.username is None
        and parts.password is None
    )
    if not is_good:
        raise FieldError(
            "address",
            found=address[:80],
            allowed="an https address without name and password, as https://hooks.example.com/x",
        )


def signature(secret: str, body: bytes, at: int) -> str:
    """Give the header by which the receiver knows the sender: time, and HMAC-SHA256 with it."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def send(
    address: str,
    alert: Alert,
    *,
    tenant: str,
    link: str,
    secret: str,
    allowed_hosts: Collection[str] = (),
    verify: ssl.SSLContext | bool = True,
) -> None:
    """POST an alert as JSON.

    Raises
    ------
    DeliveryError
        If the address must not be reached, cannot be, or does not answer with 2xx.
    """
    import httpx  # a third of a second; pages never need it

    parts = urlsplit(address)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    ip = _public_address(host, port, allowed_hosts)
    at = int(time.time())
    body = json.dumps(
        {
            "id": alert.id,
            "at": alert.at.isoformat(),
            "event": alert.event,
            "company": tenant,
            "title": alert.title,
            "message": alert.message,
            "link": link,
        }
    ).encode()
    target = parts._replace(netloc=f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}").geturl()
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "User-Agent": "Apportion",
        SIGNATURE: signature(secret, body, at),
    }
    try:
        with (
            httpx.Client(
                verify=verify, timeout=SECONDS, trust_env=False, follow_redirects=False
            ) as client,
            client.stream(
                "POST",
                target,
                content=body,
                headers=headers,
                extensions={"sni_hostname": host} if secure else {},
            ) as answer,  # what it says besides is nobody's to read
        ):
            status = answer.status_code
    except httpx.TimeoutException as error:
        raise DeliveryError(f"No answer within {SECONDS:g} seconds.") from error
    except (httpx.HTTPError, ssl.SSLError, OSError) as error:
        raise DeliveryError(f"The address cannot be reached: {type(error).__name__}.") from error
    if not 200 <= status < 300:
        raise DeliveryError(f"The address answered with status {status}; 2xx was expected.")


def _public_address(host: str, port: int, allowed_hosts: Collection[str]) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise DeliveryError("There is no host of this name.") from error
    addresses = [str(each[4][0]) for each in found]
    if host not in allowed_hosts:
        for address in addresses:
            ip = ipaddress.ip_address(address.partition("%")[0])
            mapped = getattr(ip, "ipv4_mapped", None)
            if not (mapped or ip).is_global or ip.is_multicast:
                raise DeliveryError(
                    "The address is not on the open internet. An operator may allow its host by "
                    "APPORTION_ALERT_HOSTS."
                )
    return addresses[0]
