"""Runs in words, and an executed notebook that can do nothing."""

import datetime as dt

import nbformat
import pytest

from apportion.errors import NotFoundError
from apportion.results.runs import ChainProgress, LogLevel, LogLine, Run, RunOrigin, RunStatus
from apportion.server import run_parts
from apportion.server.notebook_html import STATE, VIEW, notebook_page

AT = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


def run(status=RunStatus.COMPLETED, **more):
    about = {"id": "1", "kind": "mmm", "status": status, "created_at": AT, **more}
    return Run(**about)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0 s"), (59.4, "59 s"), (192, "3 min 12 s"), (180, "3 min"), (3900, "1 h 5 min")],
)
def test_a_length_of_time_is_said_shortly(seconds, text):
    assert run_parts.duration(seconds) == text


@pytest.mark.parametrize(
    ("statuses", "text"),
    [
        ([], "Nothing has run yet"),
        (["completed", "completed"], "All of the last runs ended well"),
        (["completed", "failed", "failed"], "2 of the last 3 runs failed"),
        (["queued", "running", "failed"], "1 at work, 1 waiting"),
        (["queued", "queued"], "2 waiting"),
    ],
)
def test_the_list_is_summed_up_in_a_sentence(statuses, text):
    assert run_parts.summary([run(RunStatus(status)) for status in statuses]) == text


def test_an_open_run_shows_each_chain_and_can_be_cancelled():
    chains = [ChainProgress(chain=1, draws=10, total=2000, divergences=2)]
    [card] = run_parts.outcome(run(RunStatus.RUNNING, chains=chains, progress=0.4), "xsrf")

    assert "10 of 2,000 draws, 2 divergences" in card
    assert 'value="cancel"' in card
    assert 'value="0.4000"' in card


def test_a_failed_run_says_why_and_what_stays():
    parts = "".join(run_parts.outcome(run(RunStatus.FAILED, message="Too few weeks."), "xsrf"))

    assert "Too few weeks. What was current before stays current." in parts
    assert 'value="again"' in parts
    assert "not kept" in parts


def test_the_log_tells_what_was_asked_each_step_and_the_end():
    done = run(
        RunStatus.FAILED,
        origin=RunOrigin.PERSON,
        requested_by="ann@acme.example",
        message="Too few weeks.",
        started_at=AT + dt.timedelta(seconds=1),
        finished_at=AT + dt.timedelta(seconds=9),
    )
    step = LogLine(at=AT + dt.timedelta(seconds=5), level=LogLevel.INFO, message="<Sampling>")

    card = str(run_parts.log_card(done, [step], "Europe/Berlin"))

    places = [card.index(text) for text in (
        "Asked for by ann@acme.example", "Started", "&lt;Sampling&gt;", "Too few weeks."
    )]  # fmt: skip
    assert places == sorted(places)
    assert "13:00:05" in card


EVIL = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    '<a href="javascript:alert(1)">x</a>',
    '<iframe src="https://evil.example"></iframe>',
    '<form action="/logout"><button>x</button></form>',
    '<svg onload="alert(1)"><script>alert(1)</script></svg>',
    '<div style="background:url(https://evil.example/x)">x</div>',
    '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    '<link rel="stylesheet" href="https://evil.example/x.css">',
    '<base href="https://evil.example/">',
]


@pytest.mark.parametrize("evil", EVIL)
def test_nothing_in_an_executed_notebook_can_do_anything(evil):
    output = nbformat.v4.new_output("display_data", data={"text/html": evil})
    script = nbformat.v4.new_output("display_data", data={"application/javascript": "alert(1)"})
    cells = [
        nbformat.v4.new_markdown_cell(evil),
        nbformat.v4.new_code_cell(evil, outputs=[output, script]),
    ]
    page = _page(cells)

    body = page.split("</style>", 1)[1]
    markup = [part.split(">")[0].lower() for part in body.split("<")[1:]]
    for tag in ("script", "iframe", "form", "button", "svg", "meta", "link", "base", "object"):
        assert not [part for part in markup if part.startswith(tag)]
    assert not [part for part in markup if " on" in part or "javascript:" in part or "url(" in part]


def test_what_a_run_printed_and_failed_with_is_there():
    failure = nbformat.v4.new_output(
        "error",
        ename="DataError",
        evalue="9 weeks",
        traceback=["\x1b[31mDataError\x1b[0m: 9 weeks"],
    )
    printed = nbformat.v4.new_output("stream", text="hello")
    page = _page([nbformat.v4.new_code_cell("run()", outputs=[printed, failure])])

    assert "hello" in page
    assert "DataError" in page


def test_widgets_are_kept_as_what_they_showed():
    def widget(name, **state):
        return {
            "model_name": name,
            "model_module": "x",
            "model_module_version": "2",
            "state": state,
        }

    state = {
        "box": widget("VBoxModel", children=["IPY_MODEL_text", "IPY_MODEL_chart"]),
        "text": widget("HTMLModel", value="<p class='ap-answer'>Ads brought €3m</p>"),
        "chart": widget("FigureModel"),
        "loop": widget("VBoxModel", children=["IPY_MODEL_loop"]),
    }
    views = [
        nbformat.v4.new_output(
            "display_data", data={VIEW: {"model_id": name}, "text/plain": "VBox()"}
        )
        for name in ("box", "loop", "gone")
    ]
    metadata = {"widgets": {STATE: {"state": state, "version_major": 2, "version_minor": 0}}}
    page = _page([nbformat.v4.new_code_cell("x", outputs=views)], metadata)

    assert '<p class="ap-answer">Ads brought €3m</p>' in page
    assert "A chart; open the page" in page
    assert "VBox()" not in page


def test_what_is_no_notebook_is_refused():
    with pytest.raises(NotFoundError, match="no notebook"):
        notebook_page("{broken", "x")


def _page(cells, metadata=None):
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata or {})
    return notebook_page(nbformat.writes(notebook), "Media mix")
