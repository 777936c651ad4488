"""What the description of the API says beside the routes: sign-in, refusals, headers."""

from collections.abc import Mapping
from typing import Any

from apportion.api.problems import MEDIA_TYPE, Problem

Responses = dict[int | str, dict[str, Any]]

SECURITY: Mapping[str, Any] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API token, which belongs to one tenant and has one role.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "apportion_session",
        "description": "The cookie of a signed-in browser; over HTTPS its name begins with "
        "`__Host-`. What is not a GET also needs the "
        "header X-XSRFToken with the value of the cookie _xsrf.",
    },
}


def _header(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}}


def _refusal(description: str, **headers: str) -> dict[str, Any]:
    made = {name.replace("_", "-"): _header(text) for name, text in headers.items()}
    return {"model": Problem, "description": description, "headers": made}


_ETAG = {"ETag": _header("The answer's fingerprint; send it as If-None-Match.")}

ALWAYS: Responses = {
    401: _refusal("Not signed in.", WWW_Authenticate="How to sign in."),
    403: _refusal("The role is too low."),
    406: _refusal("The reader takes no JSON."),
    422: _refusal("A field is wrong: which, what was found, what is allowed."),
    429: _refusal("Too many requests.", Retry_After="Seconds to wait."),
    500: _refusal("A fault of the server; the log has it under the reference."),
    503: _refusal("The database is not ready."),
}
READS: Responses = {
    200: {"headers": _ETAG},
    304: {"description": "Not changed since it was read with this ETag.", "headers": _ETAG},
}
NOT_THERE: Responses = {404: _refusal("There is no such record, or it is another tenant's.")}
IN_THE_WAY: Responses = {409: _refusal("It would collide with something that exists or runs.")}
TAKES_BODY: Responses = {
    413: _refusal("The body is too long."),
    415: _refusal("The body does not say that it is JSON."),
}


def completed(description: dict[str, Any]) -> dict[str, Any]:
    """Add what the framework does not: sign-in, and the media type of refusals."""
    description["components"]["securitySchemes"] = dict(SECURITY)
    description["security"] = [{name: []} for name in SECURITY]
    for path in description["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                if status >= "400":
                    response["content"] = {MEDIA_TYPE: response["content"]["application/json"]}
    return description
