"""The command line, as a person runs it: in a process of its own.

A command that ends soon spends most of its time on imports. So `run` forks it from a process that
has imported what commands need and has done nothing else.
"""

import atexit
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from apportion.cli import main
from apportion.cli.app import MODULES
from apportion.config import Settings

_PATIENCE = 600

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload([f"apportion.cli.{name}" for name in sorted(set(MODULES.values()))])


def environment_of(settings: Settings, **more: str) -> dict[str, str]:
    """The variables by which a process works on this installation and on no other."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith("APPORTION_")}
    return {
        **ours,
        "APPORTION_HOME": str(settings.home),
        "APPORTION_DATABASE_URL": settings.database_url,
        "APPORTION_MIGRATION_URL": settings.migration_url,
        "APPORTION_NOTEBOOKS": str(settings.notebooks),
        **more,
    }


def start(settings: Settings, *arguments: object) -> subprocess.Popen[str]:
    """Start `apportion ARGUMENTS`."""
    return subprocess.Popen(
        [sys.executable, "-m", "apportion", *map(str, arguments)],
        env=environment_of(settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(
    settings: Settings, *arguments: object, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `apportion ARGUMENTS` to its end, whatever that is."""
    words = ["apportion", *map(str, arguments)]
    environment = environment_of(settings, **(more or {}))
    with TemporaryDirectory() as folder:
        printed = [Path(folder, name) for name in ("out", "err")]
        process = _forks.Process(
            target=_command, args=(words, environment, str(Path.cwd()), [*map(str, printed)])
        )
        process.start()
        process.join(_PATIENCE)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(words, _PATIENCE)
        out, err = (path.read_text(encoding="utf-8") for path in printed)
    return subprocess.CompletedProcess(words, process.exitcode, out, err)


def _command(
    words: Sequence[str], environment: Mapping[str, str], folder: str, printed: Sequence[str]
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number, path in ((0, os.devnull), *enumerate(printed, start=1)):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
    sys.argv = [*words]
    try:
        main()
    finally:
        atexit._run_exitfuncs()


def succeed(settings: Settings, *arguments: object) -> str:
    """Run `apportion ARGUMENTS`, which must succeed; give what it printed as its result."""
    done = run(settings, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout
