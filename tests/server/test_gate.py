"""Who is let in: this machine's own pages, and no foreign web site."""

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from apportion.server.gate import is_welcome
from apportion.server.site import Site
from server.process import MMM

HERE = Site()
PUBLIC = Site("https://apportion.acme.example")


def request(method="GET", host="127.0.0.1:8866", **headers):
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    line = RequestStartLine(method, "/", "HTTP/1.1")
    return HTTPServerRequest(start_line=line, headers=HTTPHeaders({"Host": host, **fields}))


@pytest.mark.parametrize("host", ["127.0.0.1:8866", "localhost:1", "LOCALHOST", "[::1]:8866"])
def test_loopback_names_are_let_in(host):
    assert is_welcome(request(host=host), HERE)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8866",
        "127.0.0.1.evil.example",
        "localhost.evil.example:80",
        "10.0.0.1",
        "[::2]",
        "",
    ],
)
def test_other_host_names_are_refused(host):
    assert not is_welcome(request(host=host), HERE)


def test_the_public_name_is_let_in_and_its_neighbours_are_not():
    assert is_welcome(request(host="apportion.acme.example"), PUBLIC)
    assert is_welcome(request(host="localhost:8866"), PUBLIC)
    assert not is_welcome(request(host="acme.example"), PUBLIC)
    assert not is_welcome(request(host="x.apportion.acme.example"), PUBLIC)


def test_behind_a_proxy_that_knows_the_names_every_name_is_let_in():
    assert is_welcome(request(host="any.example"), Site(behind_proxy=True))


@pytest.mark.parametrize(
    ("headers", "welcome"),
    [
        ({}, True),
        ({"Sec_Fetch_Site": "same-origin", "Sec_Fetch_Mode": "websocket"}, True),
        ({"Sec_Fetch_Site": "none", "Sec_Fetch_Mode": "navigate"}, True),
        (
            {
                "Sec_Fetch_Site": "cross-site",
                "Sec_Fetch_Mode": "navigate",
                "Sec_Fetch_Dest": "document",
            },
            True,
        ),
        (
            {
                "Sec_Fetch_Site": "cross-site",
                "Sec_Fetch_Mode": "navigate",
                "Sec_Fetch_Dest": "iframe",
            },
            False,
        ),
        (
            {
                "Sec_Fetch_Site": "cross-site",
                "Sec_Fetch_Mode": "no-cors",
                "Sec_Fetch_Dest": "image",
            },
            False,
        ),
        ({"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "websocket"}, False),
        ({"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "cors"}, False),
    ],
    ids=[
        "no browser",
        "our page",
        "address bar",
        "a link",
        "a foreign frame",
        "a foreign image",
        "a foreign socket",
        "another port",
    ],
)
def test_a_foreign_page_may_link_and_nothing_else(headers, welcome):
    assert is_welcome(request(**headers), HERE) is welcome


def test_a_foreign_form_may_not_post():
    navigates = {
        "Sec_Fetch_Site": "cross-site",
        "Sec_Fetch_Mode": "navigate",
        "Sec_Fetch_Dest": "document",
    }

    assert not is_welcome(request("POST", **navigates), HERE)


@pytest.mark.parametrize("path", ["/", MMM, "/healthz", "/assets/app.css", "/nope"])
def test_a_foreign_host_name_is_refused_on_every_route(server, path):
    answer = server.get(path, Host="evil.example")

    assert answer.status == 403
    assert "evil" not in answer.text
    assert "Acme" not in answer.text


def test_a_foreign_image_starts_no_kernel(server):
    before = len(server.children())
    answer = server.get(MMM, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors")

    assert answer.status == 403
    assert len(server.children()) == before
