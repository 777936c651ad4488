"""Behind TLS: cookies that only HTTPS carries, names that are known, and the proxy's headers."""

import pytest

from apportion.config import Settings
from apportion.errors import ConfigurationError
from apportion.server.site import Site, site_of
from server.process import running

NAME = "apportion.acme.example"


@pytest.fixture(scope="module")
def public(settings, tmp_path_factory):
    """A server that browsers reach as https://apportion.acme.example; it stands for nobody."""
    chosen = settings.model_copy(update={"public_url": f"https://{NAME}", "hsts_days": 365})
    with running(chosen, tmp_path_factory.mktemp("public") / "log", who=None) as server:
        yield server


def test_the_cookie_is_sent_over_https_and_to_this_host_only(public):
    visitor = public.anonymous()
    visitor.get("/login", Host=NAME)
    answer = visitor.sign_in("ann@acme.example")
    [cookie] = [text for text in answer.given if "apportion_session" in text]

    assert cookie.startswith("__Host-apportion_session=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_a_cookie_without_the_prefix_does_not_count(public):
    visitor = public.signed_in("ann@acme.example")
    assert visitor.get("/", Host=NAME).status == 200
    planted = public.anonymous()
    planted.cookies["apportion_session"] = visitor.cookies["__Host-apportion_session"]

    assert planted.get("/", Host=NAME).status == 302


def test_browsers_are_told_to_come_by_https_only(public):
    assert public.anonymous().get("/login").headers["strict-transport-security"] == (
        "max-age=31536000"
    )


def test_that_is_not_said_where_it_is_not_set(house):
    assert "strict-transport-security" not in house.anybody().get("/login").headers


@pytest.mark.parametrize("name", ["evil.example", f"x.{NAME}", "10.0.0.1"])
def test_another_name_is_refused(public, name):
    assert public.anonymous().get("/login", Host=name).status == 403


def test_the_ready_line_names_the_public_address(public):
    assert public.url == f"https://{NAME}"


def test_a_proxys_headers_are_believed_only_when_it_is_said(settings, tmp_path):
    said = {"X_Forwarded_Proto": "https", "X_Forwarded_For": "192.0.2.9"}
    with running(settings, tmp_path / "log", who=None, behind_proxy=True) as server:
        visitor = server.anonymous()
        visitor.get("/login", **said)
        form = f"_xsrf={visitor.xsrf}&email=ann@acme.example&password=quartz+umbrella+lagoon"
        kind = "application/x-www-form-urlencoded"
        answer = visitor.request("POST", "/login", form, Content_Type=kind, **said)

        xsrf = [text for text in server.anonymous().get("/login", **said).given if "_xsrf" in text]

    assert answer.status == 303
    assert any(text.startswith("__Host-apportion_session=") for text in answer.given)
    assert all("secure" in text.lower() for text in xsrf)
    assert xsrf


def test_a_proxys_headers_are_nothing_to_a_server_without_one(house):
    visitor = house.anybody()
    visitor.get("/login")
    form = f"_xsrf={visitor.xsrf}&email=ann@acme.example&password=quartz+umbrella+lagoon"
    answer = visitor.request(
        "POST",
        "/login",
        form,
        Content_Type="application/x-www-form-urlencoded",
        X_Forwarded_Proto="https",
    )

    assert any(text.startswith("apportion_session=") for text in answer.given)


@pytest.mark.parametrize(
    ("host", "url", "behind_proxy", "allowed"),
    [
        ("127.0.0.1", None, False, True),
        ("localhost", None, False, True),
        ("0.0.0.0", None, False, False),
        ("0.0.0.0", "http://apportion.acme.example", False, False),
        ("0.0.0.0", "https://apportion.acme.example", False, True),
        ("0.0.0.0", None, True, True),
        ("10.0.0.7", None, False, False),
        ("::", None, False, False),
    ],
)
def test_passwords_never_cross_a_network_unencrypted(host, url, behind_proxy, allowed, tmp_path):
    settings = Settings(_env_file=None, home=tmp_path, public_url=url)

    if allowed:
        assert isinstance(site_of(settings, host=host, behind_proxy=behind_proxy), Site)
    else:
        with pytest.raises(ConfigurationError, match="unencrypted"):
            site_of(settings, host=host, behind_proxy=behind_proxy)


@pytest.mark.parametrize("url", ["apportion.example", "ftp://x.example", "https://x.example/path"])
def test_a_public_address_that_is_none_is_refused(url, tmp_path):
    settings = Settings(_env_file=None, home=tmp_path, public_url=url)

    with pytest.raises(ConfigurationError, match="APPORTION_PUBLIC_URL"):
        site_of(settings, host="127.0.0.1")
