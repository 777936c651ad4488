"""The process in which a test's server runs: prints its address when it is ready."""

import json
import logging
import sys

from apportion.config import Settings
from apportion.server import channels
from apportion.server.pages import APPS, existing
from apportion.server.serving import serve_apps

if __name__ == "__main__":
    task = json.loads(sys.argv[1])
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    settings = Settings(_env_file=None, **task["settings"])
    channels.PING_SECONDS = task["ping_seconds"]
    serve_apps(
        settings,
        existing(APPS, settings.notebooks),
        on_ready=lambda address: print(address, flush=True),  # noqa: T201
        **task["options"],
    )
