"""The application: routes, what every request passes, and what failures become."""

import time
from collections.abc import Callable
from importlib import metadata
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.types import Receive, Scope, Send

from apportion.api import (
    ai_insights,
    data,
    incrementality,
    journeys,
    mmm,
    problems,
    runs,
    scenarios,
    versions,
)
from apportion.api.conditional import Conditional
from apportion.api.middleware import OPENAPI, BodyLimit, Failures, SignedIn
from apportion.api.negotiation import gives_json
from apportion.api.openapi import ALWAYS, completed
from apportion.api.rates import Allowance, RateLimit
from apportion.api.workspaces import OpenWorkspace
from apportion.config import REQUESTS_PER_MINUTE
from apportion.errors import ApportionError

MAX_BODY_BYTES = 64 << 10

ABOUT = """\
Marketing measurement of one tenant: that of the signed-in user, or of the token.

- Amounts are in the tenant's currency; spend and revenue are a week's where the field says so.
  An estimate `x` has its interval beside it as `xInterval`, holding it with probability `level`.
- Refusals are `application/problem+json` (RFC 9457).
- Reads carry an `ETag`; with `If-None-Match` what has not changed is answered by 304. HEAD works
  wherever GET does.
- Lists are paged: `limit`, and `cursor` with the `nextCursor` of the page before.
- Roles: a viewer reads, an analyst also runs and edits, an admin also manages users and tokens.
"""


def create_app(
    open_workspace: OpenWorkspace,
    *,
    requests_per_minute: int = REQUESTS_PER_MINUTE,
    max_body_bytes: int = MAX_BODY_BYTES,
    clock: Callable[[], float] = time.monotonic,
) -> FastAPI:
    """Give the API as an ASGI application.

    The member who asks must stand in ``scope["member"]``, put there by the server; None means that
    nobody is signed in.

    Parameters
    ----------
    open_workspace : callable
        Gives the workspace of a member's tenant; called once a request, in a thread.
    requests_per_minute : int
        What each member may ask: a read counts 1, a computation more.
    max_body_bytes : int
        Longer bodies are refused.
    clock : callable
        Gives seconds that never go back, for the rate limit.
    """
    app = _Described(
        title="Apportion",
        version=metadata.version("apportion"),
        openapi_url=OPENAPI,
        docs_url=None,  # pages that load scripts from another host
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_name,
        dependencies=[Depends(gives_json)],
        responses=ALWAYS,
        middleware=[
            Middleware(Failures),
            Middleware(SignedIn),
            Middleware(RateLimit, Allowance(requests_per_minute, clock)),
            Middleware(BodyLimit, max_body_bytes),
            Middleware(Conditional),
        ],
        exception_handlers={
            HTTPException: problems.of_http_error,
            RequestValidationError: problems.of_bad_request,
            ApportionError: problems.of_our_error,
        },
    )
    app.state.open_workspace = open_workspace
    for part in (journeys, mmm, versions, incrementality, runs, data, scenarios, ai_insights):
        app.include_router(part.router)
    return app


class _Described(FastAPI):
    """An application whose description says everything that its answers may be."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; what is none (start, end, a socket) does not pass what requests do."""
        if scope["type"] == "http":
            await super().__call__(scope, receive, send)
        else:
            await self.router(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """Give the description."""
        if self.openapi_schema is None:
            made = get_openapi(
                title=self.title,
                version=self.version,
                description=ABOUT,
                routes=self.routes,
            )
            self.openapi_schema = completed(made)
        return self.openapi_schema


def _name(route: APIRoute) -> str:
    return route.name
