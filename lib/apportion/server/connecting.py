"""Connect to a kernel that has just been started, without waiting longer than it takes."""

import time
from queue import Empty
from typing import Any

PATIENCE = 0.05
"""Seconds until a kernel is asked again whose answer was published before anybody listened."""


async def connect(kernel: Any, timeout: float) -> Any:
    """Give a client of a kernel that answers and whose messages arrive.

    Jupyter's own way ends with 0.2 s in which nothing more may come. One published message is as
    good a proof that the subscription holds, so that no output can be missed.

    Parameters
    ----------
    kernel : KernelManager
    timeout : float
        Seconds.

    Raises
    ------
    RuntimeError
        If it has ended, or does not answer in time.
    """
    client = kernel.client()
    client.start_channels()
    try:
        await _wait_for_answers(client, time.monotonic() + timeout)
    except BaseException:
        client.stop_channels()
        raise
    return client


async def _wait_for_answers(client: Any, end: float) -> None:
    has_replied = has_published = False
    client.kernel_info()
    while not (has_replied and has_published):
        try:
            if not has_replied:
                reply = await client.get_shell_msg(timeout=1)
                if reply["msg_type"] == "kernel_info_reply":
                    client._handle_kernel_info_reply(reply)
                    has_replied = True
            else:
                await client.get_iopub_msg(timeout=PATIENCE)
                has_published = True
        except Empty:
            if not await client.is_alive():
                raise RuntimeError("The kernel has ended before it answered.") from None
            if time.monotonic() > end:
                raise RuntimeError("The kernel does not answer.") from None
            client.kernel_info()
