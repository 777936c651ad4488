"""Members of two tenants in every role, and a client that asks as one of them."""

import asyncio
import itertools
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx

from apportion.results.accounts import Role, Via
from apportion.results.tenants import Tenant
from apportion.workspace.accounts import Member

EXPERIMENTS = "/api/admin/attribution/incrementality"
MMM = "/api/admin/attribution/mmm"
JOURNEYS = "/api/admin/attribution/journeys"
PATHS = f"{JOURNEYS}/paths"
CREDIT = f"{JOURNEYS}/credit"
CREDIT_SETTINGS = f"{JOURNEYS}/settings"
OPTIMIZE = f"{MMM}/optimize"
VERSIONS = f"{MMM}/versions"
TRAIN = f"{MMM}/run"
RUNS = "/api/admin/attribution/runs"
DATA = "/api/admin/data"
OPENAPI = "/api/openapi.json"

READS = (MMM, VERSIONS, RUNS, DATA, JOURNEYS, PATHS, CREDIT, CREDIT_SETTINGS, EXPERIMENTS)
ROLES = tuple(Role)

_numbers = itertools.count(1)


def someone(tenant: Tenant, role: str = "viewer") -> Member:
    """Give a member whom nobody has seen before."""
    number = next(_numbers)
    return Member(
        user_id=str(UUID(int=number)),
        email=f"anna{number}@example.com",
        name="Anna",
        tenant=tenant,
        role=Role(role),
        via=Via.PASSWORD,
        credential_id=f"session {number}",
    )


class Client:
    """Asks an application as a member; None: without having signed in."""

    def __init__(self, app: Any, member: Member | None) -> None:
        self.app = app
        self.member = member

    def as_role(self, role: str) -> "Client":
        assert self.member is not None
        return Client(self.app, replace(self.member, role=Role(role)))

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._request(method, path, **options))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    async def _request(
        self, method: str, path: str, *, cookies: Any = None, **options: Any
    ) -> httpx.Response:
        transport = httpx.ASGITransport(signed_in(self.app, self.member))
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test", cookies=cookies
        ) as client:
            return await client.request(method, path, **options)


def signed_in(app: Any, member: Member | None) -> Any:
    """Put the member into the scope, as the server does."""

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope["member"] = member
        await app(scope, receive, send)

    return asgi
