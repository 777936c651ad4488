"""Start kernels by forking the zygote; where that fails, start them the ordinary way."""

import importlib.metadata
import logging
from pathlib import Path
from typing import Any, ClassVar

from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from apportion.server.forking import Zygote, ZygoteError

log = logging.getLogger("apportion.server")

PROVISIONER = "apportion-fork"


class ForkProvisioner(LocalProvisioner):
    """Launches a kernel from the zygote, or as `LocalProvisioner` does when there is none."""

    zygote: ClassVar[Zygote | None] = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork; failing that, run `cmd`."""
        if self.zygote is None:
            return await super().launch_kernel(cmd, **kwargs)
        try:
            manager: Any = self.parent
            process = await self.zygote.fork(
                manager.connection_file, kwargs["env"], kwargs.get("cwd") or str(Path.cwd())
            )
        except ZygoteError as error:
            log.warning("The zygote has died (%s); starting an ordinary kernel.", error)
            return await super().launch_kernel(cmd, **kwargs)
        self.process: Any = process
        self.pid = self.pgid = process.pid
        return self.connection_info


def use_provisioner(zygote: Zygote | None) -> None:
    """Let kernels be forked from `zygote`; None: started the ordinary way."""
    ForkProvisioner.zygote = zygote
    KernelProvisionerFactory.instance().provisioners[PROVISIONER] = importlib.metadata.EntryPoint(
        PROVISIONER,
        f"{__name__}:{ForkProvisioner.__name__}",
        "jupyter_client.kernel_provisioners",
    )
