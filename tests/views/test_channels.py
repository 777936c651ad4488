"""How channels look: by id, never by rank, and never two with one name."""

import re

import pytest

from apportion.views.channels import channel_look, channel_looks
from apportion.views.parts.boxes import STYLE
from apportion.views.parts.icons import ICONS, sprite


@pytest.mark.parametrize(
    ("channel", "name", "colour"),
    [
        ("meta", "Meta", "meta"),
        ("tv_S", "TV", "tv"),
        ("google_spend", "Google", "google"),
        ("Display", "Display", "display"),
        ("facebook_S", "Facebook", "meta"),
        ("ooh_S", "OOH", "others"),
        ("print_S", "Print", "others"),
        ("search_S", "Search", "others"),
        ("direct mail_spend", "Direct mail", "others"),
        ("_S", "S", "others"),
    ],
)
def test_known_channels_keep_their_colour_and_others_their_name(channel, name, colour):
    look = channel_look(channel)

    assert (look.name, look.colour) == (name, colour)


def test_colour_does_not_depend_on_order():
    channels = ["tv", "ooh", "print", "meta"]

    assert channel_looks(channels) == channel_looks(channels[::-1])


def test_unknown_channels_of_one_page_get_different_tones():
    looks = channel_looks(["ooh", "print", "search", "tv"])

    assert len({look.colour for look in looks.values()}) == 4


def test_two_ids_of_one_name_are_told_apart():
    looks = channel_looks(["tv", "tv_S"])

    assert {look.name for look in looks.values()} == {"tv", "tv_S"}


def test_long_name_is_cut():
    assert len(channel_look("x" * 300).name) == 40


def test_every_colour_and_glyph_exists():
    tokens, dark = ((STYLE / name).read_text() for name in ("tokens.css", "dark.css"))
    css = (STYLE / "app.css").read_text()
    known = ["meta", "google", "tiktok", "email", "direct", "organic", "affiliate", "display"]

    for look in channel_looks([*known, "tv", "a", "b", "c", "d", "e"]).values():
        assert tokens.count(f"--ap-ch-{look.colour}:") == 1
        assert dark.count(f"--ap-ch-{look.colour}:") == 1
        assert f".ap-c-{look.colour}{{" in css
        assert look.glyph in ICONS


def test_sprite_holds_every_icon_once():
    assert re.findall(r'<symbol id="i-(\w+)"', sprite()) == list(ICONS)
