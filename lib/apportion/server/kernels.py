"""The kernels of the pages: who may have one, how many, in which surroundings."""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from traitlets import Integer

from apportion.config import Settings
from apportion.results.accounts import Role
from apportion.server.environment import bare_environment
from apportion.server.provisioner import PROVISIONER
from apportion.workspace.accounts import Member

KERNEL_NAME = "python3"

CLOSED = 4001
"""The code with which a page's connection is closed when its kernel has ended."""

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


@dataclass(frozen=True)
class Owner:
    """For whom a kernel was started, and what had proved it."""

    member: Member
    session: str | None
    """None: a proxy had said who it is."""


StillHolds = Callable[[Member, str | None], bool]


class TenantKernels(AsyncMappingKernelManager):
    """Starts kernels for a member only, in a clean environment, and remembers whose they are."""

    live_limit = Integer(8, help="Kernels of one member at once; the idlest is closed.").tag(
        config=True
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._owners: dict[str, Owner] = {}
        self._sockets: dict[str, set[Any]] = {}
        self._starting = asyncio.Lock()

    async def start_kernel(  # type: ignore[override]
        self, *, owner: Owner, settings: Settings, asks_claude: bool, **kwargs: Any
    ) -> str:
        """Start a kernel that knows only the owner's tenant; make room for it if need be.

        With `asks_claude` it gets the key too, unless the owner may only look.
        """
        acting = owner.member.acting
        kwargs["env"] = {
            **bare_environment(),
            **settings.environment(
                tenant=owner.member.tenant.slug,
                member=(acting.id, acting.name, acting.role),
                with_claude=asks_claude and acting.role.includes(Role.ANALYST),
            ),
            "APPORTION_KERNEL_MEMORY_MB": str(settings.kernel_memory_mb),
            "IPYTHONDIR": str(Path(self.connection_dir, "ipython")),
        }
        async with self._starting:
            await self._make_room(owner.member)
            kernel_id: str = await super().start_kernel(kernel_name=KERNEL_NAME, **kwargs)
            self._owners[kernel_id] = owner
        return kernel_id

    async def _make_room(self, member: Member) -> None:
        """Close the member's idlest kernels until one more may be started."""
        mine = [kernel for kernel in self._owners if self.owner(kernel) == member.id]
        mine.sort(key=self._is_needed)
        for kernel_id in mine[: max(0, len(mine) - self.live_limit + 1)]:
            self.log.info("Closing kernel %s to make room for another.", kernel_id)
            await self.shutdown_kernel(kernel_id, now=True)

    async def end_those_of(self, session: str) -> None:
        """Close every kernel that a session has started: it has ended, or acts for another now."""
        await self._end_where(lambda owner: owner.session == session)

    async def end_unproven(self, still_holds: StillHolds) -> None:
        """Close every kernel whose owner would no longer be let in as they were.

        Their session may have ended anywhere: idle, on another server, by an administrator.
        """
        gone = set()
        for owner in set(self._owners.values()):
            if not await asyncio.to_thread(still_holds, owner.member, owner.session):
                gone.add(owner)
        await self._end_where(gone.__contains__)

    async def _end_where(self, is_ending: Callable[[Owner], bool]) -> None:
        for kernel_id in [kernel for kernel, owner in self._owners.items() if is_ending(owner)]:
            if kernel_id in self:
                self.log.info("Closing kernel %s: its owner is signed out.", kernel_id)
                await self.shutdown_kernel(kernel_id, now=True)

    def _is_needed(self, kernel_id: str) -> tuple[bool, Any]:
        kernel: Any = self.get_kernel(kernel_id)
        return self._kernel_connections.get(kernel_id, 0) > 0, kernel.last_activity

    def owner(self, kernel_id: str | None) -> str | None:
        """Give the id of the member whose kernel it is, None if there is no such kernel."""
        found = self._owners.get(kernel_id or "")
        return None if found is None else found.member.id

    def add_socket(self, kernel_id: str, socket: Any) -> None:
        """Remember a page's connection, which ends when its kernel ends."""
        self._sockets.setdefault(kernel_id, set()).add(socket)

    def drop_socket(self, kernel_id: str, socket: Any) -> None:
        """Forget a connection that has been closed."""
        self._sockets.get(kernel_id, set()).discard(socket)

    def drop_sockets(self, kernel_id: str) -> None:
        """Leave the connections to a kernel that ends now to the page that has them."""
        self._sockets.pop(kernel_id, None)

    def remove_kernel(self, kernel_id: str) -> Any:
        """Forget a kernel that has ended, and close what was connected to it."""
        self._owners.pop(kernel_id, None)
        for socket in self._sockets.pop(kernel_id, set()):
            socket.close(CLOSED, "The kernel has ended.")
        return super().remove_kernel(kernel_id)
