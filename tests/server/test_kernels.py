"""A page's kernel: what it knows, what may be said to it, how many there are."""

import json
import re
import shutil
import time
import uuid

import pytest

from apportion.server.channels import message_type
from server.conftest import IMPORTS, WIDGETS
from server.process import MMM, PRELOAD, states_in, wait_until

FROM_SURROUNDINGS = {"PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "VIRTUAL_ENV"}
FROM_SETTINGS = {
    "APPORTION_HOME",
    "APPORTION_DATABASE_URL",
    "APPORTION_NOTEBOOKS",
    "APPORTION_TENANT",
    "APPORTION_MEMBER_ID",
    "APPORTION_MEMBER_NAME",
    "APPORTION_MEMBER_ROLE",
    "APPORTION_KERNEL_MEMORY_MB",
}
FROM_JUPYTER = {
    "IPYTHONDIR",
    "JPY_PARENT_PID",
    "PYDEVD_USE_FRAME_EVAL",
    "TERM",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "FORCE_COLOR",
    "PAGER",
    "GIT_PAGER",
    "MPLBACKEND",
}
CODE = {
    "execute_request": {
        "code": "import os; print('RAN', dict(os.environ))",
        "silent": False,
        "store_history": False,
        "user_expressions": {},
        "allow_stdin": False,
    },
    "inspect_request": {"code": "os", "cursor_pos": 2, "detail_level": 1},
    "complete_request": {"code": "os.", "cursor_pos": 3},
    "history_request": {"hist_access_type": "tail", "n": 9, "output": True, "raw": True},
    "debug_request": {"type": "request", "seq": 1, "command": "debugInfo"},
    "create_subshell_request": {},
    "shutdown_request": {"restart": False},
    "interrupt_request": {},
}


INSIGHTS = "/admin/attribution/ai-insights"


@pytest.mark.parametrize("preload", [PRELOAD, None], ids=["forked", "ordinary"])
def test_the_kernels_environment_is_a_list(serve_page, preload):
    with serve_page(IMPORTS, WIDGETS, preload=preload) as server:
        found = server.environment(server.open_page())

    assert set(found) <= FROM_SURROUNDINGS | FROM_SETTINGS | FROM_JUPYTER
    assert set(found) >= FROM_SETTINGS
    assert found["APPORTION_TENANT"] == "acme"
    assert found["APPORTION_MEMBER_NAME"] == "ann@acme.example"
    assert found["APPORTION_MEMBER_ROLE"] == "analyst"
    assert "planted" not in str(found)


def test_only_who_may_spend_gets_the_key_and_only_for_the_page_that_asks(serve_page, tmp_path):
    starting = serve_page(IMPORTS, WIDGETS)
    shutil.copy(tmp_path / "notebooks" / "mmm.ipynb", tmp_path / "notebooks" / "ai_insights.ipynb")

    with starting as server:
        viewer = server.signed_in("vic@acme.example")
        asking = server.environment(server.open_page(INSIGHTS))
        looking = viewer.environment(viewer.open_page(INSIGHTS))
        training = server.environment(server.open_page(MMM))

    assert asking["APPORTION_CLAUDE_API_KEY"] == "planted-secret"
    assert not [name for name in {*looking, *training} if "CLAUDE" in name]


def test_nothing_a_browser_sends_reaches_the_kernel(server):
    tricks = {
        "X_Tenant": "birch",
        "APPORTION_TENANT": "birch",
        "X_Forwarded_User": "birch",
        "Cookie": f"{server.cookie}; tenant=birch; apportion_tenant=birch",
    }
    query = "?tenant=birch&refresh=True&APPORTION_TENANT=birch&template=reveal&theme=../birch"

    found = server.environment(server.open_page(MMM + query, **tricks))

    assert found["APPORTION_TENANT"] == "acme"
    assert "birch" not in str(found)


@pytest.fixture(scope="module")
def kernel(server):
    """The kernel of one page."""
    return server.open_page()


@pytest.mark.parametrize("channel", ["shell", "control"])
@pytest.mark.parametrize("kind", CODE)
def test_a_page_cannot_run_code_in_its_kernel(server, kernel, kind, channel):
    said = server.talk(kernel, (kind, CODE[kind]), channel=channel, seconds=0.7)

    assert kind.replace("request", "reply") not in {message["type"] for message in said}
    assert "RAN" not in str(said)
    assert server.kernel_status(kernel) == 200


def test_widgets_answer_over_the_socket(server):
    states = server.widget_states(server.open_page())

    assert "<p>clicked 0 times</p>" in {state.get("value") for state in states}


def test_an_error_in_a_callback_goes_to_the_log_under_the_pages_reference(server):
    kernel = server.open_page()
    comm = button(server, kernel)
    click = {"comm_id": comm, "data": {"method": "custom", "content": {"event": "click"}}}

    said = server.talk(kernel, *[("comm_msg", click)] * 3)

    assert "planted in a callback" not in str(said)
    assert {"error", "stream"}.isdisjoint({message["type"] for message in said})
    reference = f"reference {kernel[:8]}: error in the kernel"
    assert wait_until(lambda: reference in server.log.read_text())
    log = server.log.read_text()
    assert "ValueError: planted in a callback" in re.sub(r"\x1b\[[0-9;]*m", "", log)


@pytest.mark.parametrize("protocols", [(), ("other.protocol",)], ids=["none", "another"])
def test_only_protocol_v1_is_spoken(server, protocols):
    assert server.talk(server.open_page(), protocols=protocols) == 400


def test_a_foreign_origin_may_not_connect(server):
    assert server.talk(server.open_page(), Origin="http://evil.example") == 403


def test_a_foreign_host_name_may_not_connect(server):
    kernel = server.open_page()

    assert server.talk(kernel, Host="evil.example", Origin="http://evil.example") == 403


def test_a_kernel_that_is_not_there_is_not_found(server):
    unknown = str(uuid.uuid4())

    assert server.kernel_status(unknown) == 404
    assert server.talk(unknown) in (403, 404)
    assert server.request("POST", f"/voila/api/shutdown/{unknown}", **xsrf(server)).status == 404


def test_leaving_a_page_ends_its_kernel_and_needs_the_xsrf_token(server):
    kernel = server.open_page()
    address = f"/voila/api/shutdown/{kernel}"
    token = xsrf(server)

    assert server.request("POST", address).status == 403
    assert server.kernel_status(kernel) == 200
    foreign = {**token, "Origin": "http://evil.example"}
    assert server.request("POST", address, **foreign).status in (403, 404)
    assert server.kernel_status(kernel) == 200
    assert server.request("POST", address, **token).status == 204
    assert server.kernel_status(kernel) == 404


def last_activity(server, kernel):
    return json.loads(server.get(f"/api/kernels/{kernel}").text)["last_activity"]


def is_quiet(server, kernel):
    """Whether nothing more comes from the kernel: a busy server hears its messages late."""
    before = last_activity(server, kernel)
    time.sleep(1)
    return last_activity(server, kernel) == before


def test_beyond_the_limit_the_idlest_kernel_is_closed(serve_page):
    with serve_page(IMPORTS, WIDGETS, kernel_settings={"live_limit": 2}) as server:
        first, second = server.open_page(), server.open_page()
        assert wait_until(lambda: is_quiet(server, second))
        server.widget_states(first)
        assert wait_until(lambda: last_activity(server, first) > last_activity(server, second))
        third = server.open_page()

        assert server.kernel_status(second) == 404
        assert server.kernel_status(first) == server.kernel_status(third) == 200


def test_an_idle_kernel_is_culled(serve_page):
    idle = {"cull_idle_timeout": 1, "cull_interval": 1}
    with serve_page(IMPORTS, WIDGETS, kernel_settings=idle) as server:
        kernel = server.open_page()

        assert wait_until(lambda: server.kernel_status(kernel) == 404)
        assert wait_until(lambda: [child.pid for child in server.children()] == [zygote(server)])


@pytest.mark.parametrize("preload", [PRELOAD, None], ids=["forked", "ordinary"])
def test_a_page_cannot_take_the_memory_of_all(installation, serve_page, preload):
    cell = "block = bytearray(3 << 30)"

    with serve_page(cell, preload=preload, settings={"kernel_memory_mb": 2048}) as server:
        page = server.get(MMM).text
        log = server.log.read_text()

    assert "apportionFailed(" in page
    assert "MemoryError" in log
    assert "MemoryError" not in page


def test_the_limit_leaves_room_for_a_dashboard(installation, serve_page):
    cell = "from apportion.views.mmm import MMMDashboard\n'shown'"

    with serve_page(cell, preload=None) as server:
        assert "shown" in server.get(MMM).text


def test_messages_that_are_no_messages_have_no_type():
    assert message_type(b"") is None
    assert message_type(b"\xff" * 64) is None
    assert message_type(bytes(8) * 9) is None


def xsrf(server):
    """Give the headers of a page's own request."""
    return {"X_XSRFToken": server.xsrf}


def button(server, kernel):
    """Give the comm of the page's button."""
    comm = uuid.uuid4().hex
    target = {"comm_id": comm, "target_name": "jupyter.widget.control", "data": {}}
    ask = {"comm_id": comm, "data": {"method": "request_states"}}
    said = server.talk(kernel, ("comm_open", target), ("comm_msg", ask), until=states_in)
    for name, widget in states_in(said[-1]).items():
        if widget["model_name"] == "ButtonModel":
            return name
    raise AssertionError("the page has no button")


def zygote(server):
    return server.zygote().pid
