"""Logs: a line of JSON for each event, with the run and the tenant, and with nobody's address."""

import io
import json
import logging

import pytest

from apportion.config import Settings
from apportion.telemetry import logs

RUN, TENANT = "0b9c", "7a1d"


@pytest.fixture
def log():
    """Set logging up; give the logger and a reader of what it wrote."""
    logger = logging.getLogger("apportion")
    before = logger.handlers[:], logger.level, logger.propagate

    def set_up(form):
        stream = io.StringIO()
        logs.set_up(Settings(_env_file=None, log_format=form), stream)
        return logging.getLogger("apportion.test"), lambda: stream.getvalue().splitlines()

    yield set_up
    logger.handlers[:], logger.level, logger.propagate = before


def test_an_event_is_a_line_of_json_with_its_run_and_tenant(log):
    logger, written = log("json")

    with logs.about(tenant_id=TENANT, run_id=RUN):
        logger.info("run %s of %d", "begins", 3)
    logger.warning("outside")

    inside, outside = map(json.loads, written())
    assert (inside["message"], inside["level"], inside["logger"]) == (
        "run begins of 3", "INFO", "apportion.test"
    )  # fmt: skip
    assert (inside["tenant_id"], inside["run_id"]) == (TENANT, RUN)
    assert (outside["tenant_id"], outside["run_id"]) == (None, None)


@pytest.mark.parametrize("form", ["json", "text"])
def test_no_address_is_logged_whoever_logs_it(log, form):
    logger, written = log(form)

    logger.info("asked by %s", "ann.o'neil+x@acme.example")
    try:
        raise ValueError("bob@acme.example is unknown")
    except ValueError:
        logger.exception("failed for bob@acme.example")

    text = "\n".join(written())
    assert "asked by [address]" in text
    assert "@acme.example" not in text
    assert "ValueError" in text


def test_an_exception_is_one_line_of_json(log):
    logger, written = log("json")

    try:
        raise ValueError("x")
    except ValueError:
        logger.exception("failed")

    [line] = written()
    assert "Traceback" in json.loads(line)["exc_info"]


def test_lines_for_people_name_run_and_tenant(log):
    logger, written = log("text")

    with logs.about(tenant_id=TENANT, run_id=RUN):
        logger.info("begins")

    assert written()[0].endswith(f"begins [tenant_id {TENANT}] [run_id {RUN}]")
