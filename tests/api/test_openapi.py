"""The description says what the API does: every field, every refusal, how to sign in."""

import pytest
from fastapi import Depends

from api.people import (
    CREDIT,
    CREDIT_SETTINGS,
    DATA,
    EXPERIMENTS,
    JOURNEYS,
    MMM,
    OPTIMIZE,
    PATHS,
    RUNS,
    TRAIN,
    VERSIONS,
    Client,
    someone,
)
from apportion.api import create_app
from apportion.api.members import at_least
from apportion.results.accounts import Role


@pytest.fixture(scope="module")
def description():
    return create_app(lambda _: None).openapi()


@pytest.fixture(scope="module")
def operations(description):
    return {
        (method, path): operation
        for path, found in description["paths"].items()
        for method, operation in found.items()
    }


def properties(description, name):
    return description["components"]["schemas"][name]["properties"]


def test_the_routes_are_this_list(operations):
    assert operations.keys() == {
        ("get", MMM),
        ("get", VERSIONS),
        ("post", OPTIMIZE),
        ("post", TRAIN),
        ("post", f"{RUNS}/{{id}}/cancel"),
        ("get", f"{MMM}/compare"),
        ("post", f"{MMM}/versions/{{version}}/current"),
        ("get", f"{MMM}/backtests"),
        ("post", f"{MMM}/backtests"),
        ("post", f"{MMM}/forecast"),
        ("get", f"{MMM}/scenarios"),
        ("post", f"{MMM}/scenarios"),
        ("get", f"{MMM}/scenarios/compare"),
        ("get", f"{MMM}/scenarios/{{id}}"),
        ("delete", f"{MMM}/scenarios/{{id}}"),
        ("get", RUNS),
        ("get", f"{RUNS}/{{id}}"),
        ("get", DATA),
        ("get", JOURNEYS),
        ("get", PATHS),
        ("get", CREDIT),
        ("get", CREDIT_SETTINGS),
        ("put", CREDIT_SETTINGS),
        ("get", f"{JOURNEYS}/{{id}}"),
        ("get", EXPERIMENTS),
        ("post", EXPERIMENTS),
        ("post", f"{EXPERIMENTS}/designs"),
        ("post", f"{EXPERIMENTS}/designs/draw"),
        ("get", f"{EXPERIMENTS}/{{id}}"),
        ("put", f"{EXPERIMENTS}/{{id}}"),
        ("delete", f"{EXPERIMENTS}/{{id}}"),
        ("get", f"{EXPERIMENTS}/{{id}}/certificate"),
        ("get", f"{EXPERIMENTS}/{{id}}/monitoring"),
        ("get", "/api/admin/attribution/ai-insights"),
        ("post", "/api/admin/attribution/ai-insights/generate"),
    }


def test_every_operation_is_named_and_explained(operations):
    names = [operation["operationId"] for operation in operations.values()]

    assert len(set(names)) == len(names)
    assert all(operation["description"] for operation in operations.values())


def test_every_refusal_is_a_problem_document(operations):
    for operation in operations.values():
        refusals = {
            status: found for status, found in operation["responses"].items() if status >= "400"
        }
        assert refusals.keys() >= {"401", "403", "406", "422", "429", "500", "503"}
        for found in refusals.values():
            assert found["content"] == {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            }


def test_reads_say_that_they_are_conditional(operations):
    reads = [operation for (method, _), operation in operations.items() if method == "get"]

    assert all("304" in operation["responses"] for operation in reads)
    assert all("ETag" in operation["responses"]["200"]["headers"] for operation in reads)


def test_both_ways_to_sign_in_are_described(description):
    assert description["components"]["securitySchemes"].keys() == {"token", "session"}
    assert description["security"] == [{"token": []}, {"session": []}]


def test_fields_are_called_as_the_specification_has_them(description):
    results = properties(description, "MMMResults")
    channel = properties(description, "ChannelEffect")

    assert results.keys() >= {"modelId", "status", "lastRunAt", "modelFit", "channels"}
    assert results.keys() >= {"saturationCurves", "training"}
    assert properties(description, "ModelFit").keys() >= {"r2", "mape", "bayesianR2"}
    assert channel.keys() >= {"channel", "contributionPercent", "currentRoi", "marginalRoi"}
    assert channel.keys() >= {"saturationPoint", "optimalSpend", "currentSpend"}


def test_fields_of_journeys_are_called_as_the_specification_has_them(description):
    assert properties(description, "CustomerJourney").keys() >= {
        "conversionId",
        "orderId",
        "orderTotal",
        "customerEmail",
        "isNewCustomer",
        "conversionDate",
        "touchpointCount",
        "touchpoints",
    }
    assert properties(description, "Touchpoint").keys() >= {
        "id",
        "timestamp",
        "channel",
        "platform",
        "campaign",
        "adSet",
        "ad",
        "device",
        "browser",
        "creditByModel",
    }
    assert properties(description, "PathAnalysis").keys() >= {
        "commonPaths",
        "avgTouchpoints",
        "avgTimeToConversion",
        "pathLengthDistribution",
    }
    assert properties(description, "CommonPath").keys() >= {"path", "count", "avgOrderValue"}
    assert properties(description, "BudgetPlan").keys() >= {
        *("totalBudget", "allocation", "currentRevenue", "projectedRevenue")
    }
    assert properties(description, "BudgetRequest").keys() == {
        *("totalBudget", "bounds", "objective", "target", "risk")
    }


def test_every_interval_stands_beside_its_estimate(description):
    for schema in description["components"]["schemas"].values():
        names = schema.get("properties", {}).keys()
        for name in names:
            # The specification gives one of them a name of its own.
            assert name == "confidenceInterval" or name.removesuffix("Interval") in names


def test_every_field_of_an_answer_is_promised(description):
    for name in ("MMMResults", "BudgetPlan", "RunPage", "VersionPage", "Problem"):
        schema = description["components"]["schemas"][name]
        assert set(schema["required"]) == schema["properties"].keys()


def test_fields_carry_their_meaning(description):
    assert (
        "next unit of spend"
        in properties(description, "ChannelEffect")["marginalRoi"]["description"]
    )


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("analyst", 200), ("admin", 200)])
def test_a_route_for_analysts_is_closed_to_viewers(tenant, role, status):
    app = create_app(lambda _: None)
    app.get("/probe", dependencies=[Depends(at_least(Role.ANALYST))])(lambda: "seen")

    answer = Client(app, someone(tenant.tenant, role)).get("/probe")

    assert answer.status_code == status
    assert ("seen" in answer.text) == (status == 200)
