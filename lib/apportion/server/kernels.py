"""The kernels of the pages: who may have one, how many, in which surroundings."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from traitlets import Integer

from apportion.config import Settings
from apportion.server.environment import bare_environment
from apportion.server.identity import Member
from apportion.server.provisioner import PROVISIONER

KERNEL_NAME = "python3"

WIDGET_MESSAGES = (
    "comm_open",
    "comm_msg",
    "comm_close",
    "comm_info_request",
    "kernel_info_request",
)
"""What a page may say to its kernel: widgets' events and never code."""


class OwnPython(KernelSpecManager):
    """One kernel: this installation's Python. Kernels of the user's Jupyter are not looked at."""

    def find_kernel_specs(self) -> dict[str, str]:
        """Give the one kernel there is."""
        return {KERNEL_NAME: ""}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Give how the kernel is started without the zygote, whatever name a notebook asks for."""
        return KernelSpec(
            argv=[sys.executable, "-m", "apportion.server.kernel", "{connection_file}"],
            display_name="Apportion",
            language="python",
            metadata={"kernel_provisioner": {"provisioner_name": PROVISIONER, "config": {}}},
        )


class TenantKernels(AsyncMappingKernelManager):
    """Starts kernels for a member only, in a clean environment, and remembers whose they are."""

    live_limit = Integer(8, help="Kernels of one member at once; the idlest is closed.").tag(
        config=True
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._owners: dict[str, str] = {}
        self._starting = asyncio.Lock()

    async def start_kernel(self, *, member: Member, settings: Settings, **kwargs: Any) -> str:  # type: ignore[override]
        """Start a kernel that knows only the member's tenant; make room for it if need be."""
        kwargs["env"] = {
            **bare_environment(),
            **settings.environment(tenant=member.tenant),
            "IPYTHONDIR": str(Path(self.connection_dir, "ipython")),
        }
        async with self._starting:
            await self._make_room(member)
            kernel_id: str = await super().start_kernel(kernel_name=KERNEL_NAME, **kwargs)
            self._owners[kernel_id] = member.username
        return kernel_id

    async def _make_room(self, member: Member) -> None:
        """Close the member's idlest kernels until one more may be started."""
        mine = [kernel for kernel, owner in self._owners.items() if owner == member.username]
        mine.sort(key=self._is_needed)
        for kernel_id in mine[: max(0, len(mine) - self.live_limit + 1)]:
            self.log.info("Closing kernel %s to make room for another.", kernel_id)
            await self.shutdown_kernel(kernel_id, now=True)

    def _is_needed(self, kernel_id: str) -> tuple[bool, Any]:
        kernel: Any = self.get_kernel(kernel_id)
        return self._kernel_connections.get(kernel_id, 0) > 0, kernel.last_activity

    def owner(self, kernel_id: str | None) -> str | None:
        """Give the name of the member whose kernel it is, None if there is no such kernel."""
        return self._owners.get(kernel_id or "")

    def remove_kernel(self, kernel_id: str) -> Any:
        """Forget a kernel that has ended."""
        self._owners.pop(kernel_id, None)
        return super().remove_kernel(kernel_id)
