"""The API against its own description: thousands of requests, made to please and to offend.

The whole engine of schemathesis runs in this process: examples, boundaries of every field, random
valid and invalid requests, and methods that are not described.
"""

from collections import Counter
from dataclasses import dataclass, field

import pytest
import schemathesis
from schemathesis.engine import events, from_schema

from api.people import OPENAPI, Client, signed_in, someone
from apportion.api import create_app

CONFIG = {
    "seed": 20261,
    "checks": {
        # Who asks is settled before the API: nothing in a request signs in.
        "ignored_auth": {"enabled": False},
        # Which budgets a model can answer, and what is in the way, depends on what is stored, and
        # what a member may do on their role: no schema can say it.
        "positive_data_acceptance": {
            "expected-statuses": [200, 201, 202, 204, 403, 404, 409, 413, 422]
        },
        # A body that is too long is refused before its fields are read.
        "negative_data_rejection": {"expected-statuses": [403, 404, 405, 409, 413, 415, 422]},
    },
}

ALWAYS = {200, 404, 405, 415, 422}
SOMETIMES = {201, 202, 204, 403, 409, 413}  # by role, and by what was asked before


@dataclass
class Found:
    """What a run of the engine came to."""

    statuses: Counter = field(default_factory=Counter)
    failures: list = field(default_factory=list)
    bodies: list = field(default_factory=list)
    ended: bool = False


def explore(client: Client, examples: int) -> Found:
    """Ask everything that schemathesis thinks of, as one member."""
    generation = {"max-examples": examples, "database": "none", "no-shrink": True}
    config = schemathesis.Config.from_dict({**CONFIG, "generation": generation})
    app = signed_in(client.app, client.member)
    found = Found()
    for event in from_schema(schemathesis.openapi.from_asgi(OPENAPI, app, config=config)).execute():
        match event:
            case events.NonFatalError() | events.FatalError():
                found.failures.append(str(event))
            case events.EngineFinished():
                found.ended = True
            case events.ScenarioFinished():
                _gather(event.recorder, found)
    return found


def _gather(recorder, found: Found) -> None:
    for interaction in recorder.interactions.values():
        if interaction.response is not None:
            found.statuses[interaction.response.status_code] += 1
            found.bodies.append(interaction.response.content)
    for checks in recorder.checks.values():
        found.failures += [
            f"{check.name}: {check.failure_info.failure.message}"
            for check in checks
            if check.failure_info is not None
        ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("urls", "role", "examples", "at_least"),
    [
        ("sqlite", "viewer", 40, 2_500),
        ("sqlite", "admin", 40, 2_500),
        pytest.param("postgres", "analyst", 10, 500, marks=pytest.mark.postgres),
    ],
    indirect=["urls"],
)
def test_no_request_breaks_the_description_or_shows_another_tenant(
    acme, bolt, role, examples, at_least
):
    found = explore(Client(acme.client.app, someone(acme.store.tenant, role)), examples)

    assert found.ended
    assert sorted(set(found.failures)) == []
    assert found.statuses.total() >= at_least
    assert ALWAYS <= found.statuses.keys() <= ALWAYS | SOMETIMES
    bodies = b"".join(found.bodies)
    assert acme.model_id.encode() in bodies
    for theirs in (bolt.run_id, bolt.model_id, "text 2"):
        assert theirs.encode() not in bodies


def test_a_planted_failure_is_found(tenant):
    def open_workspace(_):
        raise RuntimeError

    app = create_app(open_workspace, requests_per_minute=1_000_000)

    found = explore(Client(app, someone(tenant.tenant)), 1)

    assert any("not_a_server_error" in failure for failure in found.failures)
