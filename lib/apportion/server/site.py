"""How the server is reached: under which names, whether encrypted, and by whose word.

On this machine alone everything is plain HTTP on loopback. For other machines something in front
speaks HTTPS; it either keeps the address that browsers use (``APPORTION_PUBLIC_URL``) or says in
headers what it was (``--behind-proxy``).
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from tornado.httputil import HTTPServerRequest

from apportion.config import Settings
from apportion.errors import ConfigurationError

LOOPBACK = ("127.0.0.1", "::1", "localhost")
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})


@dataclass(frozen=True)
class Site:
    """What is known of the way from a browser to this server."""

    public_url: str | None = None
    behind_proxy: bool = False
    """Whether ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are a proxy's and can be believed."""
    hsts_days: int = 0

    @property
    def is_https(self) -> bool:
        """Whether browsers use HTTPS, as the settings say."""
        return (self.public_url or "").startswith("https://")

    def is_secure(self, request: HTTPServerRequest) -> bool:
        """Whether a browser sent this request encrypted."""
        return self.is_https or request.protocol == "https"

    def knows(self, name: str) -> bool:
        """Whether `name` (of a ``Host`` header, without its port) is a name of this server."""
        if self.behind_proxy and self.public_url is None:
            return True  # which names there are is the proxy's to know
        public = urlsplit(self.public_url or "").hostname
        return name in LOOPBACK_NAMES or (public is not None and name == public)


def site_of(settings: Settings, *, host: str, behind_proxy: bool = False) -> Site:
    """Give how a server on `host` is reached.

    Raises
    ------
    ConfigurationError
        If passwords and data would cross a network unencrypted, or the public address is none.
    """
    url = settings.public_url
    behind_proxy = behind_proxy or settings.behind_proxy
    parts = urlsplit(url or "")
    if url and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ConfigurationError(
            "APPORTION_PUBLIC_URL is the address that browsers use, as "
            f"https://apportion.company.example; found {url!r}."
        )
    if url and parts.path not in ("", "/"):
        raise ConfigurationError(
            f"Apportion is served at the root of an address; APPORTION_PUBLIC_URL has a path: {url}"
        )
    site = Site(url or None, behind_proxy, settings.hsts_days)
    if host not in LOOPBACK and not (site.is_https or behind_proxy):
        raise ConfigurationError(
            f"On {host!r} other machines could reach this server, and passwords would travel "
            "unencrypted. Put a proxy with TLS in front and either set APPORTION_PUBLIC_URL to the "
            "https address that browsers use, or give --behind-proxy if the proxy sets "
            "X-Forwarded-For and X-Forwarded-Proto itself. Without other machines: --host "
            "127.0.0.1."
        )
    return site
