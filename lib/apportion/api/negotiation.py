"""JSON in, JSON out, and nothing else."""

from fastapi import HTTPException, Request

JSON = "application/json"
_WELCOME = frozenset({JSON, "application/*", "*/*"})


def gives_json(request: Request) -> None:
    """Refuse a reader who takes no JSON."""
    wanted = ",".join(request.headers.getlist("accept")).strip()
    if wanted and not any(_takes_json(each) for each in wanted.split(",")):
        raise HTTPException(406, f"There is only {JSON} here; found Accept: {_short(wanted)}.")


def takes_json(request: Request) -> None:
    """Refuse a body that does not say that it is JSON."""
    found = request.headers.get("content-type", "")
    has_body = request.headers.get("content-length", "0") != "0"
    if (found or has_body) and _media_type(found)[0] != JSON:
        raise HTTPException(415, f"Send {JSON}; found {_short(found) or 'no Content-Type'}.")


def _takes_json(accepted: str) -> bool:
    name, parameters = _media_type(accepted)
    return name in _WELCOME and parameters.get("q", "1").strip("0.") != ""


def _media_type(value: str) -> tuple[str, dict[str, str]]:
    name, *parameters = (part.strip().lower() for part in value.split(";"))
    return name, {key: value for key, _, value in (each.partition("=") for each in parameters)}


def _short(value: str) -> str:
    return value[:60]
