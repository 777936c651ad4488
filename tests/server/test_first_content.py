"""What an app's page shows before its kernel is asked for: what is stored, or why nothing is."""

import re
import socket

import pytest

from apportion.server.first_content import first_of, heading
from apportion.server.pages import APPS
from apportion.views.mmm.first import first_content
from apportion.workspace import Workspaces
from server.conftest import write_page
from server.process import MMM
from views.example import example_results

PAGE = next(app for app in APPS if app.name == "mmm")


def test_the_figures_come_with_the_first_response(serve_page):
    with serve_page("import time; time.sleep(20)") as server:
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            head = f"GET {MMM} HTTP/1.1\r\nHost: localhost\r\nCookie: {server.cookie}\r\n\r\n"
            connection.sendall(head.encode())
            received = b""
            while b'id="rendered_cells"' not in received:
                received += connection.recv(65536)
        page = received.decode()

    assert "Put the next euro into" in page
    assert 'class="ap-kpis"' in page
    assert "<table" in page


def test_title_and_question_are_the_notebooks(installation, tmp_path):
    write_page(tmp_path, "1")
    assert heading(tmp_path / "mmm.ipynb") == ("Media mix", "What does each channel earn?")


@pytest.mark.parametrize(
    "text", ["", "{", "{}", '{"cells": []}', '{"cells": [{"cell_type": "x"}]}']
)
def test_a_notebook_that_says_nothing_is_no_failure(tmp_path, text):
    (tmp_path / "mmm.ipynb").write_text(text)

    assert heading(tmp_path / "mmm.ipynb") == ("", "")


@pytest.mark.parametrize(
    ("slug", "words"),
    [("acme", "Put the next euro into"), ("birch", "There is no media mix model yet")],
)
def test_each_state_of_a_tenant_has_its_first_content(installation, slug, words):
    workspace = Workspaces(installation).open(slug)

    assert words in first_of(PAGE, workspace).content.striptags()


def test_what_cannot_be_read_is_left_to_the_notebook(installation, caplog):
    class Broken:
        settings = installation
        mmm = None

    assert first_of(PAGE, Broken()).content == ""
    assert "There is no first content" in caplog.text


def test_the_cards_are_those_that_the_widgets_draw(installation):
    from apportion.views.mmm import MMMDashboard

    tenant = Workspaces(installation).open("acme").tenant
    results = example_results()
    drawn = MMMDashboard(results, [results], tenant)
    first = first_content(results, [results], tenant)

    for part in (drawn.head, drawn.figures, drawn.table):
        assert part.value in first
    assert len(re.findall('class="ap-card', first)) == 5
