"""Where the server listens: on a port that is free."""

import errno
import socket
from dataclasses import dataclass

from tornado.netutil import bind_sockets

from apportion.errors import ConfigurationError


@dataclass(frozen=True)
class Address:
    """Bound sockets, and how a browser reaches them."""

    host: str
    port: int
    sockets: list[socket.socket]

    @property
    def url(self) -> str:
        """The address to open on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self.port}/"

    def close(self) -> None:
        """Stop listening."""
        for bound in self.sockets:
            bound.close()


def bind(host: str, port: int) -> Address:
    """Bind `port` of an address of this machine; port 0 takes any that is free.

    Raises
    ------
    ConfigurationError
        If the address or the port cannot be had.
    """
    host = "127.0.0.1" if host == "localhost" else host
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        sockets = bind_sockets(port, host, family)
    except socket.gaierror as error:
        raise ConfigurationError(
            f"{host!r} is no address of this machine. Give one, as 127.0.0.1 or 0.0.0.0: --host."
        ) from error
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
