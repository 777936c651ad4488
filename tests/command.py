"""The command line, as a person runs it: in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping

from apportion.config import Settings


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
    return subprocess.run(
        [sys.executable, "-m", "apportion", *map(str, arguments)],
        env=environment_of(settings, **(more or {})),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def succeed(settings: Settings, *arguments: object) -> str:
    """Run `apportion ARGUMENTS`, which must succeed; give what it printed as its result."""
    done = run(settings, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout
