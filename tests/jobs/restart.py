"""Stop a private PostgreSQL server at once, as a crash would, and start it again."""

import os
import subprocess
import time
from pathlib import Path

import psycopg

from postgres import Server

DOWN_SECONDS = 3.0


def restart(server: Server) -> None:
    """Stop without a farewell to anybody, wait, start."""
    with psycopg.connect(server.administrator_url("postgres")) as connection:
        [folder] = connection.execute("SHOW data_directory").fetchone()
        [config] = connection.execute("SHOW config_file").fetchone()
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    options = f"-c config_file={config} -p {server.port}"
    control = [str(binaries / "pg_ctl"), "-D", folder, "-w"]
    _as_its_user(folder, [*control, "stop", "-m", "immediate"])
    time.sleep(DOWN_SECONDS)
    log = str(Path(folder) / "restart.log")
    _as_its_user(folder, [*control, "start", "-l", log, "-o", options])


def _as_its_user(folder: str, command: list[str]) -> None:
    owner = Path(folder).owner()
    is_root = os.geteuid() == 0 and owner != "root"
    prefix = ["runuser", "-u", owner, "--"] if is_root else []
    subprocess.run([*prefix, *command], check=True, stdout=subprocess.DEVNULL, cwd="/")
