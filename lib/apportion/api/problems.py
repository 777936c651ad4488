"""Every answer that is not what was asked for: RFC 9457 ``application/problem+json``.

References
----------
.. [1] RFC 9457, Problem Details for HTTP APIs, https://www.rfc-editor.org/rfc/rfc9457
"""

import json
import logging
import secrets
import traceback
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic.alias_generators import to_camel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from apportion.errors import (
    AlreadyRequestedError,
    ApportionError,
    ConfigurationError,
    ConflictError,
    DataError,
    FieldError,
    ForbiddenError,
    NotFoundError,
    NotSignedInError,
    ParameterError,
    TooManyAttemptsError,
)
from apportion.results.base import Result

MEDIA_TYPE = "application/problem+json"
LONGEST_FOUND = 100

log = logging.getLogger("apportion.api")


class FieldProblem(Result):
    """What is wrong with one field."""

    field: str
    """Its name; inside of another field, with a dot between."""
    found: str
    allowed: str


class Problem(Result):
    """Why a request was not answered."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: tuple[FieldProblem, ...] = ()
    """What is wrong with which field, where that is the reason."""
    reference: str | None = None
    """Under which the log has what happened, where the fault is ours."""
    run_id: str | None = None
    """The run that is in the way, where one is."""
    model_id: str | None = None
    """The version that this run trains, where it does."""


def problem(
    status: int,
    detail: str = "",
    *,
    errors: Iterable[FieldProblem] = (),
    reference: str | None = None,
    run_id: str | None = None,
    model_id: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Give the answer for `status`."""
    body = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail or HTTPStatus(status).description or HTTPStatus(status).phrase,
        errors=tuple(errors),
        reference=reference,
        run_id=run_id,
        model_id=model_id,
    )
    return Response(
        body.model_dump_json(),
        status,
        headers={"Cache-Control": "no-store", **(headers or {})},
        media_type=MEDIA_TYPE,
    )


async def of_http_error(request: Request, error: HTTPException) -> Response:
    """Give the answer for what the framework, or a route, refuses by its status."""
    if error.status_code == 400:  # the framework's word for a body that it could not read
        return _bad_fields([_UNREADABLE])
    if error.status_code == 404:
        return problem(
            404, error.detail if error.detail != "Not Found" else "There is no such page."
        )
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(sorted(_methods(request)))
        return problem(405, f"Only {headers['Allow']} can be sent here.", headers=headers)
    return problem(error.status_code, error.detail, headers=headers)


def _methods(request: Request) -> set[str]:
    """Give what can be sent to a path, of which each method is a route of its own."""
    template = getattr(request.scope.get("route"), "path_format", "")
    described = request.app.openapi()["paths"].get(template, {"get": {}})
    allowed = {method.upper() for method in described}
    return allowed | {"HEAD"} if "GET" in allowed else allowed


async def of_bad_request(request: Request, error: RequestValidationError) -> Response:
    """Give the answer for fields that the framework found to be wrong."""
    return _bad_fields([_field_problem(each) for each in error.errors()])


async def of_our_error(request: Request, error: ApportionError) -> Response:
    """Give the answer for an error that Apportion raised on purpose."""
    match error:
        case NotSignedInError():
            return problem(401, str(error), headers={"WWW-Authenticate": "Bearer"})
        case ForbiddenError():
            return problem(403, str(error))
        case NotFoundError():
            return problem(404, str(error))
        case AlreadyRequestedError(kind=kind, run_id=run_id):
            model_id = run_id if kind == "mmm" else None
            return problem(409, str(error), run_id=run_id, model_id=model_id)
        case ConflictError():
            return problem(409, str(error))
        case FieldError():
            name, *inside = error.field
            path = ".".join([to_camel(name), *inside])
            return _bad_fields([FieldProblem(field=path, found=error.found, allowed=error.allowed)])
        case ParameterError() | DataError():
            return problem(422, str(error))
        case TooManyAttemptsError():
            wait = {"Retry-After": str(error.retry_after_seconds)}
            return problem(429, str(error), headers=wait)
        case ConfigurationError():  # names the database, which is no caller's business
            reference = logged(request.scope, error)
            return problem(503, "The service is not ready. Try again later.", reference=reference)
        case _:
            return unexpected(request.scope, error)


def unexpected(scope: Mapping[str, Any], error: BaseException) -> Response:
    """Give the answer for a bug: a reference, under which the log has where it is."""
    detail = "Something went wrong here. Say the reference when you ask about it."
    return problem(500, detail, reference=logged(scope, error))


def logged(scope: Mapping[str, Any], error: BaseException) -> str:
    """Log an error and give the reference to it.

    The log gets types and places, and neither the errors' messages nor the query: both may hold
    what people typed or whom the data are about.
    """
    reference = secrets.token_hex(4)
    log.error(
        "reference %s: %s %s\n%s",
        reference,
        scope["method"],
        scope["path"],
        "".join(_places(error)),
    )
    return reference


def _places(error: BaseException) -> list[str]:
    earlier = error.__cause__ or error.__context__
    before = [] if earlier is None else [*_places(earlier), "which led to\n"]
    name = f"{type(error).__module__}.{type(error).__qualname__}\n"
    return [*before, *traceback.format_tb(error.__traceback__), name]


_UNREADABLE = FieldProblem(
    field="body", found="text that is not JSON", allowed="one JSON value, not deeply nested"
)


def _bad_fields(errors: Sequence[FieldProblem]) -> Response:
    names = ", ".join(dict.fromkeys(error.field for error in errors))
    return problem(422, f"This cannot be used: {names[:LONGEST_FOUND]}.", errors=errors)


def _field_problem(error: Mapping[str, Any]) -> FieldProblem:
    if error["type"] == "json_invalid":
        return _UNREADABLE
    place, *path = error["loc"]
    return FieldProblem(
        field=_printable(".".join(map(str, path)) or str(place)),
        found="nothing" if error["type"] == "missing" else _shown(error["input"]),
        allowed=_ALLOWED.get(error["type"], error["msg"].removeprefix("Input should be ")),
    )


_ALLOWED = {"missing": "this field must be given", "extra_forbidden": "no field of this name"}


def _shown(value: object) -> str:
    match value:
        case dict():
            return "an object"
        case list():
            return f"a list of {len(value)}"
        case bytes():
            return "bytes"
        case _:
            return _printable(json.dumps(value, ensure_ascii=False, default=str))


def _printable(text: str) -> str:
    """Cut what is too long, and spell out what UTF-8 cannot hold."""
    cut = text if len(text) <= LONGEST_FOUND else f"{text[:LONGEST_FOUND]}…"
    return cut.encode("utf-8", "backslashreplace").decode()
