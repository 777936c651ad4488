"""A dashboard's kernel process, forked from the zygote or started as ``python -m``.

Its errors go to the log (the server's stderr) under the page's reference, never to the browser.
"""

import os
import resource
import sys
from pathlib import Path
from typing import Any

from ipykernel.kernelapp import IPKernelApp

from apportion.config import get_settings
from apportion.errors import ApportionError

MESSAGE_MARK = "apportion message: "
"""Begins the only line of the "traceback" of an error raised on purpose: a message for the page."""


def reference_of(kernel_id: str) -> str:
    """Give the reference that page and log share for everything a kernel does."""
    return kernel_id[:8]


def run_kernel(connection_file: str, *, parent: int) -> None:
    """Become the kernel that `connection_file` describes; end when `parent` ends."""
    if os.getppid() != parent:
        os._exit(1)  # it has ended already, and nobody would end us
    # Before ipykernel takes fd 2 over for the browser.
    log = os.fdopen(os.dup(2), "w", buffering=1)
    limit_memory(get_settings().kernel_memory_mb)
    # No page may debug, and the debugger is a third of what a kernel takes: ipykernel does without.
    sys.modules.setdefault("debugpy", None)  # type: ignore[arg-type]
    app = IPKernelApp.instance()
    app.initialize(
        [
            "-f",
            connection_file,
            "--HistoryManager.enabled=False",
            # Read from the environment at import, which for a forked kernel is too early.
            f"--IPKernelApp.parent_handle={parent}",
        ]
    )
    kernel_id = Path(connection_file).stem.removeprefix("kernel-")
    _log_errors(app.shell, reference_of(kernel_id), log)
    if "ipywidgets" in sys.modules:  # imported before there was a kernel to register with
        sys.modules["ipywidgets"].register_comm_target(app.kernel)
    app.start()


def limit_memory(megabytes: int) -> None:
    """Let this process take so much address space and no more; 0: no limit.

    What asks for more gets a MemoryError, which the page tells as any failure: one page cannot take
    the memory of all.
    """
    if megabytes:
        most = megabytes << 20
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _log_errors(shell: Any, reference: str, log: Any) -> None:
    """Write every traceback of cells and of widgets' callbacks to the log."""
    show = shell._showtraceback

    def show_and_log(kind: type, value: BaseException, traceback: list[str]) -> None:
        log.write(f"reference {reference}: error in the kernel\n" + "\n".join(traceback) + "\n")
        show(kind, value, traceback)

    def say(shell: Any, kind: type, value: BaseException, traceback: Any, **_: Any) -> list[str]:
        message = f"{MESSAGE_MARK}{value}"
        shell._showtraceback(kind, value, [message])
        return [message]

    shell._showtraceback = show_and_log
    shell.set_custom_exc((ApportionError,), say)


if __name__ == "__main__":
    run_kernel(sys.argv[1], parent=os.getppid())
