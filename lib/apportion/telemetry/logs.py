"""Logs: lines for people, or a line of JSON for each event, with the run and the tenant it is of.

No personal data: e-mail addresses are taken out of whatever is logged, whoever logs it. A tenant
and a run are told by their ids.
"""

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import IO

from apportion.config import Settings

ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")
HIDDEN = "[address]"

_about: ContextVar[tuple[str | None, str | None]] = ContextVar("about", default=(None, None))


def set_up(settings: Settings, stream: IO[str] | None = None) -> None:
    """Log the package's events to `stream` (stderr), in the form that the settings say."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.addFilter(_tell)
    handler.setFormatter(_json() if settings.log_format == "json" else _Text())
    logger = logging.getLogger("apportion")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False


@contextmanager
def about(*, tenant_id: str | None = None, run_id: str | None = None) -> Iterator[None]:
    """Name the tenant and the run of every event that is logged in the block."""
    token = _about.set((tenant_id, run_id))
    try:
        yield
    finally:
        _about.reset(token)


def _tell(record: logging.LogRecord) -> bool:
    record.tenant_id, record.run_id = _about.get()
    record.msg = ADDRESS.sub(HIDDEN, record.getMessage())
    record.args = None
    return True


class _Text(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        about = [
            f"{name} {value}"
            for name in ("tenant_id", "run_id")
            if (value := getattr(record, name, None))
        ]
        return ADDRESS.sub(HIDDEN, " ".join([super().format(record), *map("[{}]".format, about)]))


def _json() -> logging.Formatter:
    from pythonjsonlogger.json import JsonFormatter

    class _Json(JsonFormatter):
        def format(self, record: logging.LogRecord) -> str:
            return ADDRESS.sub(HIDDEN, super().format(record))  # a traceback may hold one too

    return _Json(
        "%(asctime)s %(levelname)s %(name)s %(message)s %(tenant_id)s %(run_id)s",
        rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
        datefmt="%Y-%m-%dT%H:%M:%S%z",
    )
