"""Questions: answered by look-ups of one tenant, every figure with its source, or not at all."""

import datetime as dt
import json

import pytest

from apportion.config import Settings
from apportion.errors import ConflictError, FieldError, ForbiddenError
from apportion.narration.client import deadline
from apportion.results.accounts import ActingMember, Role
from apportion.store import Store
from apportion.workspace import Workspace
from apportion.workspace.insights import QUESTIONS_AN_HOUR
from narration.fake_claude import Step, failed, fake_claude, message
from workspace.test_insights import INJECTION, frames, opened

RANGE = {"start": "2026-06-01", "end": "2026-06-30"}
REVENUE = {"metric": "revenue", **RANGE}


def call(name: str, **given: object) -> Step:
    """Call a tool, as Claude does."""
    block = {"type": "tool_use", "id": f"toolu_{name}", "name": name, "input": given}
    return Step(message(None, stop="tool_use", content=[block]))


@pytest.fixture
def claude():
    with fake_claude() as serving:
        yield serving


@pytest.fixture
def asking(two_tenants, database_url, tmp_path, claude):
    for tenant, factor in zip(two_tenants, (1, 3), strict=True):
        data = frames()
        data["outcomes"]["value"] *= factor
        tenant.write_all((name, [frame]) for name, frame in data.items())
    return opened(
        two_tenants[0], database_url, tmp_path, claude_api_key="k3y", claude_base_url=claude.url
    )


def test_an_answer_is_made_of_findings_with_their_source(asking, two_tenants, claude):
    claude.steps = [call("metrics", **REVENUE), call("answer", findings=["Q1"])]

    found = asking.insights.ask("How much revenue did we make in June?")

    inside = two_tenants[0].outcomes()
    june = inside[(inside["metric"] == "revenue") & (inside["date"] >= "2026-06-01")]["value"].sum()
    assert found.is_answered
    assert found.figures[0].text.startswith(f"Revenue was €{june / 1000:.0f}k from 1 June 2026")
    assert found.figures[0].source == "Imported data of 1 June 2026 to 30 June 2026"


def test_a_breakdown_names_its_elements_here_and_by_alias_outside(asking, claude):
    claude.steps = [
        call("metrics", **REVENUE, by="region"),
        call("answer", findings=["Q2", "Q1"]),
    ]

    found = asking.insights.ask(f"Is {INJECTION} or south better? Write to ann@acme.example")

    assert {f.text.split(" was ")[0] for f in found.figures} == {
        f"Revenue in {INJECTION}",
        "Revenue in South",
    }
    sent = json.dumps(claude.bodies)
    for private in (INJECTION, "South", "south", "ann@acme.example", "Acme"):
        assert private not in sent
    assert "E1" in sent


def test_the_other_tenants_figures_cannot_be_reached(asking, two_tenants, claude):
    claude.steps = [
        call("metrics", **REVENUE, tenant="bolt"),
        call("metrics", **REVENUE),
        call("answer", findings=["Q1"]),
    ]

    found = asking.insights.ask("What is the revenue of bolt?")

    theirs = two_tenants[1].outcomes()
    total = theirs[theirs["metric"] == "revenue"]["value"].sum()
    results = json.dumps(claude.bodies[1]["messages"][-1])
    assert "not possible: 1 wrong inputs" in results
    assert str(round(total)) not in json.dumps(claude.bodies)
    assert "€" in found.figures[0].text


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ([call("answer", findings=["Q7"])], "nothing_found"),
        ([call("answer", findings=[])], "nothing_found"),
        ([call("answer", findings=["Revenue was 12x"])], "grounding"),
        ([Step(message("Revenue was €99."))], "grounding"),
        ([Step(message("no", stop="refusal"))], "refusal"),
        ([call("delete_everything")] * 5, "grounding"),
        ([call("experiments")] * 5, "grounding"),
        ([Step("<html>")], "outage"),
        ([Step(message(None, stop="max_tokens"))], "grounding"),
        ([failed(529)] * 5, "outage"),
        ([failed(429)] * 5, "outage"),
        ([failed(429, retry_after="3600")] * 5, "outage"),
        ([Step(message("x"), cut_at=40)] * 5, "outage"),
        ([Step(hangs=True)] * 5, "timeout"),
    ],
    ids=[
        "made-up id", "nothing", "prose as id", "prose", "refusal", "made-up tool", "endless",
        "a page", "max_tokens", "overloaded", "too many", "retry in an hour", "cut short", "hung",
    ],
)  # fmt: skip
def test_a_figure_without_a_source_is_not_shown(asking, claude, steps, reason, monkeypatch):
    monkeypatch.setattr("apportion.narration.client._backoff", lambda attempt: 0.0)
    monkeypatch.setattr("apportion.narration.ask.deadline", lambda: deadline(1.5))
    claude.steps = list(steps)  # they are used up

    found = asking.insights.ask("How much?")

    assert (found.is_answered, found.sentences, found.figures) == (False, (), ())
    assert found.reason == reason
    assert len(claude.bodies) <= 5


def test_anomalies_can_be_asked_for(asking, claude):
    claude.steps = [call("anomalies", **RANGE), call("answer", findings=["Q1"])]

    found = asking.insights.ask("What went wrong?")

    assert "below normal" in found.figures[0].text
    assert found.figures[0].source == "Anomalies of 1 June 2026 to 30 June 2026"


def test_without_a_key_it_is_said_so(asking, two_tenants, database_url, tmp_path):
    silent = opened(two_tenants[0], database_url, tmp_path)

    assert not silent.insights.can_ask
    assert silent.insights.ask("How much?").reason == "no_key"


def test_questions_are_limited_by_tenant_and_hour(asking, two_tenants, claude):
    for _ in range(QUESTIONS_AN_HOUR):
        two_tenants[0].log_question(
            [], is_answered=True, reason="", input_tokens=1, output_tokens=1
        )

    with pytest.raises(ConflictError, match="20 questions were asked within an hour"):
        asking.insights.ask("One more?")
    assert claude.bodies == []


def test_a_question_is_counted_and_charged(asking, two_tenants, claude):
    claude.steps = [call("metrics", **REVENUE), call("answer", findings=["Q1"])]

    asking.insights.ask("How much?")

    month = dt.datetime.now(dt.UTC).date().replace(day=1)
    assert two_tenants[0].token_use(month, 0).input_tokens == 1800
    assert two_tenants[0].questions_since(dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)) == 1
    assert two_tenants[1].token_use(month, 0).input_tokens == 0


@pytest.mark.parametrize("question", ["", "  ", "x" * 301])
def test_a_question_has_a_length(asking, question):
    with pytest.raises(FieldError, match="1 to 300 characters"):
        asking.insights.ask(question)


def test_a_viewer_may_not_spend_tokens(asking, database_url, tmp_path, claude):
    settings = Settings(
        _env_file=None, home=tmp_path, database_url=database_url,
        claude_api_key="k3y", claude_base_url=claude.url,
    )  # fmt: skip
    viewer = ActingMember(id="1", name="v", role=Role.VIEWER)
    workspace = Workspace(Store(database_url), "acme", settings, viewer)

    with pytest.raises(ForbiddenError):
        workspace.insights.ask("How much?")
    assert claude.bodies == []
