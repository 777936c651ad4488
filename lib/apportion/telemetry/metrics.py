"""Numbers for Prometheus, of this process; served on a port of their own.

No label names a tenant or a person: how many there are of each label's values is known beforehand.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from apportion.config import Settings
from apportion.errors import ConfigurationError

REGISTRY = CollectorRegistry()

RUN_SECONDS = Histogram(
    "apportion_run_seconds",
    "How long runs took, by notebook and how they ended.",
    ["kind", "status"],
    buckets=(1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800),
    registry=REGISTRY,
)
RUN_WAITED = Histogram(
    "apportion_run_waited_seconds",
    "How long runs waited for a worker.",
    ["kind"],
    buckets=(1, 5, 15, 60, 300, 900, 3600, 14400),
    registry=REGISTRY,
)
DIVERGENCES = Counter(
    "apportion_sampler_divergences",
    "Divergences of the sampler in completed model versions.",
    registry=REGISTRY,
)
ALERTS_DELIVERED = Counter("apportion_alerts_delivered", "Alerts that arrived.", registry=REGISTRY)
REQUEST_SECONDS = Histogram(
    "apportion_http_request_seconds",
    "How long the server took to answer, by method and class of status.",
    ["method", "status"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
SESSIONS = Gauge(
    "apportion_dashboard_sessions", "Pages that are open, each with its kernel.", registry=REGISTRY
)

Counts = Mapping[tuple[str, ...], int]


class _Asked(Collector):
    """Counts that are looked up when Prometheus asks."""

    def __init__(
        self, name: str, text: str, labels: Sequence[str], look: Callable[[], Counts]
    ) -> None:
        self._about = name, text, labels
        self._look = look

    def collect(self) -> Iterable[GaugeMetricFamily]:
        name, text, labels = self._about
        family = GaugeMetricFamily(name, text, labels=labels)
        for values, count in self._look().items():
            family.add_metric(values, count)
        yield family


def watch_queue(depth: Callable[[], Counts]) -> None:
    """Serve the queue too: `depth` gives how many runs there are of each kind and state."""
    text = "Runs that wait or are at work, by notebook."
    REGISTRY.register(_Asked("apportion_queue_runs", text, ["kind", "state"], depth))


def watch_claude(tokens: Callable[[], Counts]) -> None:
    """Serve what Claude costs too: `tokens` gives this month's, in and out, of all tenants."""
    text = "Tokens of this month, all tenants together, by direction."
    REGISTRY.register(_Asked("apportion_claude_tokens_month", text, ["direction"], tokens))


def serve(settings: Settings, *, beside_server: bool = False) -> Callable[[], None]:
    """Serve the numbers at ``/metrics`` if a port is set; give what ends it.

    The server has the port of the settings, and the worker beside it the next one. Other workers
    on the same machine need a port each.

    Raises
    ------
    ConfigurationError
        If the port is taken.
    """
    if not settings.metrics_port:
        return lambda: None
    port = settings.metrics_port + beside_server
    try:
        server, thread = start_http_server(port, settings.metrics_host, registry=REGISTRY)
    except OSError as error:
        raise ConfigurationError(
            f"Port {port} for metrics is taken on {settings.metrics_host} ({error}). "
            "Set APPORTION_METRICS_PORT to another one for this process."
        ) from error

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop
