"""On paper: the light theme, whatever the switch says, and nothing to click."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", ["/", "/data"])
@pytest.mark.parametrize("theme", ["system", "dark"])
def test_a_page_is_printed_light_and_without_navigation(server, open_tab, path, theme):
    tab = open_tab(server.url, path, scheme="dark", cookies=server.cookies)
    tab.evaluate("theme => localStorage.setItem('apportion-theme', theme)", theme)
    tab.reload()
    tab.emulate_media(media="print", color_scheme="dark")

    expect(tab.locator("h1")).to_be_visible()
    expect(tab.locator(".ap-tenant")).to_have_text("Acme & Söhne")
    expect(tab.locator(".ap-nav")).to_be_hidden()
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    ink = tab.evaluate("getComputedStyle(document.querySelector('h1')).color")
    assert ink == "rgb(20, 24, 29)"
