"""The pages over HTTP: shell first, no source, honest failures, and no other host."""

import re
import socket
import time

import pytest

from apportion.server.assets import own_assets
from server.process import MMM

FOREIGN = re.compile(r"""(?:https?:)?//(?!www\.w3\.org)[\w.-]+\.[a-z]{2,}""")


def test_home_shows_who_is_signed_in_and_for_which_company(server):
    page = server.get("/").text

    assert "Acme &amp; Söhne" in page
    assert "<b>Ann</b><br>ann@acme.example" in page
    assert "<dt>Role</dt><dd>Analyst</dd>" in page
    assert re.search(r"Ads brought <em>€[\d.]+m to €[\d.]+m</em> of revenue", page)


def test_navigation_links_only_pages_that_work(server):
    page = server.get("/").text
    links = set(re.findall(r'href="(/[^"]*)"', page)) - {"/"}

    assert {link for link in links if not link.startswith("/assets/")} == {
        MMM,
        "/data",
        "/password",
        "/runs",
    }
    assert all(server.get(link).status == 200 for link in links)


def test_a_page_holds_outputs_and_no_source(server):
    page = server.get(MMM).text

    assert "application/vnd.jupyter.widget-view+json" in page
    assert "import bqplot" not in page
    assert "on_click" not in page


def test_the_shell_comes_before_the_kernel(serve_page):
    with serve_page("import time; time.sleep(5)") as server:
        began = time.perf_counter()
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(request_for(server))
            received = b""
            while b'id="rendered_cells"' not in received:
                received += connection.recv(65536)
        elapsed = time.perf_counter() - began

        assert elapsed < 4
        assert b"ap-skeleton" in received


@pytest.mark.parametrize(
    ("path", "policy"),
    [("/", "default-src 'none'"), ("/nope", "default-src 'none'"), (MMM, "default-src 'self'")],
)
def test_pages_forbid_other_hosts_frames_and_caches(server, path, policy):
    headers = server.get(path).headers

    assert headers["content-security-policy"].startswith(policy)
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "http" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", MMM, "/nope"])
def test_html_names_no_other_host(server, path):
    page = server.get(path).text

    assert FOREIGN.findall(page) == []


@pytest.mark.parametrize("name", sorted(own_assets()))
def test_our_scripts_and_styles_name_no_other_host(server, name):
    answer = server.get(f"/assets/{name}")

    assert answer.status == 200
    assert FOREIGN.findall(answer.text) == []


def test_an_error_page_has_a_reference_that_the_log_has_too(server):
    page = server.get("/nope?email=ann@example.org").text
    reference = re.search(r"<code>(\w{8})</code>", page).group(1)
    log = server.log.read_text()

    assert "There is no such page" in page
    assert f"reference {reference}: 404 GET /nope\n" in log
    assert "ann@example.org" not in log


def test_a_cell_that_fails_is_told_with_a_reference_and_no_detail(serve_page):
    with serve_page("secret = 'planted'\nraise ValueError(secret)") as server:
        page = server.get(MMM).text
        reference = re.search(r'apportionFailed\("(\w{8})", ""\)', page).group(1)
        log = server.log.read_text()

    assert "planted" not in page
    assert "ValueError" not in page
    assert "Traceback" not in page
    assert f"reference {reference}: cell 2 of mmm.ipynb failed: CellExecutionError" in log
    assert "ValueError" in log


def test_an_error_raised_on_purpose_speaks_on_the_page(serve_page):
    cell = (
        "from apportion.errors import NotEnoughDataError\n"
        "raise NotEnoughDataError('9 weeks of </script> spend; the model needs 26.')"
    )
    with serve_page(cell) as server:
        page = server.get(MMM).text

    assert r"9 weeks of \u003c/script\u003e spend; the model needs 26." in page
    assert "Traceback" not in page


def test_a_cell_that_ends_its_kernel_is_told(serve_page):
    with serve_page("import os; os._exit(3)") as server:
        page = server.get(MMM).text

    assert "apportionFailed(" in page
    assert "DeadKernelError" not in page


def test_a_notebook_that_cannot_be_read_is_told(serve_page, tmp_path):
    with serve_page("1") as server:
        (tmp_path / "notebooks" / "mmm.ipynb").write_text("{")
        page = server.get(MMM).text

    assert re.search(r'apportionFailed\("\w{8}", ""\)', page)
    assert "JSON" not in page


def test_warnings_of_cells_are_not_shown(serve_page):
    with serve_page("import warnings; warnings.warn('planted')\n'shown'") as server:
        page = server.get(MMM).text

    assert "planted" not in page
    assert "apportionFailed(" not in page
    assert "shown" in page


def test_a_page_that_is_left_early_leaves_no_kernel(serve_page):
    from server.process import wait_until

    with serve_page("import time; time.sleep(60)") as server:
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(request_for(server))
            assert wait_until(lambda: len(server.children()) == 2)

        assert wait_until(lambda: len(server.children()) == 1)


def request_for(server):
    """Give the bytes with which a browser asks for the page."""
    head = f"GET {MMM} HTTP/1.1\r\nHost: localhost\r\nCookie: {server.cookie}\r\n\r\n"
    return head.encode()
