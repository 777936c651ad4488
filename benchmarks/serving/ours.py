"""The process in which our server runs: prints its address when it is ready."""

import json
import logging
import sys

from apportion.config import Settings
from apportion.server.forking import PRELOAD
from apportion.server.pages import APPS, existing
from apportion.server.serving import serve_apps

if __name__ == "__main__":
    task = json.loads(sys.argv[1])
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    settings = Settings(_env_file=None, **task["settings"])
    serve_apps(
        settings,
        existing(APPS, settings.notebooks),
        host="127.0.0.1",
        port=0,
        preload=PRELOAD if task["is_forked"] else None,
        kernel_settings=task["kernel_settings"],
        on_ready=lambda address: print(address, flush=True),
    )
