"""OpenTelemetry traces, sent by HTTP where ``APPORTION_OTLP_ENDPOINT`` says so."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from apportion.config import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

PARENT = "TRACEPARENT"
"""The variable by which a process tells its child the span that it belongs to (W3C)."""


@contextmanager
def span(
    settings: Settings, name: str, attributes: Mapping[str, str | int | float] | None = None
) -> Iterator[dict[str, str]]:
    """Trace a block, if traces are asked for; a failure is noted in it.

    Yields
    ------
    dict of str to str
        The variables that let a child process go on with this trace; empty without traces.
    """
    if not settings.otlp_endpoint:
        yield {}
        return
    from opentelemetry import trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier = TraceContextTextMapPropagator()
    inherited = None
    if not trace.get_current_span().get_span_context().is_valid:
        inherited = carrier.extract({"traceparent": os.environ.get(PARENT, "")})
    tracer = _provider(settings.otlp_endpoint).get_tracer("apportion")
    with tracer.start_as_current_span(name, context=inherited, attributes=dict(attributes or {})):
        passed: dict[str, str] = {}
        carrier.inject(passed)
        yield {PARENT: passed["traceparent"]}


def flush(settings: Settings) -> None:
    """Send what has not been sent yet; called before a process ends."""
    if settings.otlp_endpoint:
        _provider(settings.otlp_endpoint).force_flush(5_000)


@cache
def _provider(endpoint: str) -> "TracerProvider":
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": "apportion"}))
    exporter = OTLPSpanExporter(endpoint=endpoint, timeout=5)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=2_000))
    return provider
