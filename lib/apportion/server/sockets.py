"""Where the server listens: on loopback, on a port that is free."""

import errno
import socket
from dataclasses import dataclass

from tornado.netutil import bind_sockets

from apportion.errors import ConfigurationError

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Address:
    """Bound sockets, and how a browser reaches them."""

    host: str
    port: int
    sockets: list[socket.socket]

    @property
    def url(self) -> str:
        """The address to open."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"

    def close(self) -> None:
        """Stop listening."""
        for bound in self.sockets:
            bound.close()


def bind(host: str, port: int) -> Address:
    """Bind `port` of a loopback address; port 0 takes any that is free.

    Raises
    ------
    ConfigurationError
        If the host is not loopback or the port cannot be had.
    """
    if host not in LOOPBACK:
        raise ConfigurationError(
            f"This version has no sign-in, so it serves this machine only: the host must be "
            f"127.0.0.1 or ::1, found {host!r}. Sign-in, and with it other hosts, comes with a "
            f"later version; until then use an SSH tunnel to reach it from elsewhere."
        )
    host = "127.0.0.1" if host == "localhost" else host
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        sockets = bind_sockets(port, host, family)
    except OSError as error:
        raise ConfigurationError(_why_not(error, host, port)) from error
    return Address(host, sockets[0].getsockname()[1], sockets)


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} of {host} is taken, perhaps by another `apportion serve`. Stop that, or "
            f"choose another port: --port {port + 1}."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} needs more rights than this user has. Choose one above 1023: --port."
    return f"Port {port} of {host} cannot be used: {error.strerror or error}."
