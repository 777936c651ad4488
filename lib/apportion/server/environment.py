"""What of the server's surroundings its child processes may see: a list, and nothing else."""

import os

PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "VIRTUAL_ENV")


def bare_environment() -> dict[str, str]:
    """Give the part of this process's environment that any child may see.

    What a kernel needs besides, it gets from the settings and for one tenant.
    """
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ}
