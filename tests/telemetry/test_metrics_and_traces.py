"""Numbers over HTTP as Prometheus reads them, traces to a real receiver."""

import json
import socket
import subprocess
import sys
import urllib.request

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from apportion.config import Settings
from apportion.errors import ConfigurationError
from apportion.telemetry import metrics, traces
from workspace.receivers import http_receiver


def _free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def _read(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        text = answer.read().decode()
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_what_was_counted_can_be_read_at_its_own_port():
    settings = Settings(_env_file=None, metrics_port=_free_port())
    stop = metrics.serve(settings)
    try:
        before = _read(settings.metrics_port)
        metrics.RUN_SECONDS.labels("mmm", "failed").observe(12)
        metrics.DIVERGENCES.inc(3)
        after = _read(settings.metrics_port)
    finally:
        stop()

    key = ("apportion_run_seconds_sum", "failed", "mmm")
    assert after[key] - before.get(key, 0) == pytest.approx(12)
    name = ("apportion_sampler_divergences_total",)
    assert after[name] - before[name] == 3
    with pytest.raises(OSError, match="refused"):
        _read(settings.metrics_port)


def test_without_a_port_nothing_listens_and_a_taken_one_is_refused():
    assert metrics.serve(Settings(_env_file=None)) is not None
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = Settings(_env_file=None, metrics_port=taken.getsockname()[1])

        with pytest.raises(ConfigurationError, match="APPORTION_METRICS_PORT"):
            metrics.serve(settings)


CHILD = """
import json, sys
from apportion.config import Settings
from apportion.telemetry import traces
settings = Settings(_env_file=None, otlp_endpoint=sys.argv[1])
with traces.span(settings, "notebook mmm"):
    pass
traces.flush(settings)
"""


def _run_that_fails(settings):
    with traces.span(settings, "run mmm", {"apportion.run_id": "0b9c"}) as passed:
        arguments = [sys.executable, "-c", CHILD, settings.otlp_endpoint]
        subprocess.run(arguments, env=passed, check=True)
        raise ValueError("planted")


def test_a_run_and_its_process_are_one_trace_at_a_real_receiver():
    with http_receiver() as received:
        settings = Settings(
            _env_file=None, otlp_endpoint=f"http://127.0.0.1:{received.port}/v1/traces"
        )
        with pytest.raises(ValueError, match="planted"):
            _run_that_fails(settings)
        traces.flush(settings)

    spans = {}
    for path, _, body in received.got:
        assert path == "/v1/traces"
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                spans |= {span.name: span for span in scope.spans}
    run, notebook = spans["run mmm"], spans["notebook mmm"]
    assert notebook.trace_id == run.trace_id
    assert notebook.parent_span_id == run.span_id
    assert run.status.code == 2  # an error
    assert {each.key: each.value.string_value for each in run.attributes} == {
        "apportion.run_id": "0b9c"
    }


def test_without_an_address_nothing_is_loaded_or_passed_on():
    code = (
        "import sys\n"
        "from apportion.config import Settings\n"
        "from apportion.telemetry import traces\n"
        "with traces.span(Settings(_env_file=None), 'run') as passed: print(passed)\n"
        "print('opentelemetry' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["{}", "False"]
    assert json.loads(done.stdout.splitlines()[0]) == {}
