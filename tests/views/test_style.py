"""The style sheets: nothing of JupyterLab's own is restyled, no colour outside the tokens."""

import re

import pytest

from apportion.views.parts.boxes import STYLE, stylesheet


def rules(text):
    """Give every selector of a style sheet, without comments and at-rules."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"@keyframes \w[\w-]*\{(?:[^{}]*\{[^{}]*\})*\}", "", text)
    for head in re.findall(r"([^{}]+)\{", text):
        head = head.strip()
        if not head.startswith("@"):
            yield from (selector.strip() for selector in re.split(r",(?![^(]*\))", head))


def test_every_rule_is_ours_or_below_our_class():
    ours = re.compile(r"^(:where\(|body(:not\(\.ap\)|\.ap)|html:has|:root|\.ap\b|\.ap-|#ap-)")

    assert [selector for selector in rules((STYLE / "app.css").read_text())
            if not ours.match(selector)] == []  # fmt: skip


def test_colours_come_from_the_tokens():
    assert re.findall(r":[^;{}]*#[0-9a-fA-F]{3,8}\b", (STYLE / "app.css").read_text()) == []


def test_every_token_used_is_defined():
    tokens = set(re.findall(r"(--ap-[\w-]+):", (STYLE / "tokens.css").read_text()))

    assert set(re.findall(r"var\((--ap-[\w-]+)\)", (STYLE / "app.css").read_text())) <= tokens


@pytest.mark.parametrize("name", ["tokens.css", "app.css"])
def test_stylesheet_carries_both_files_whole(name):
    assert (STYLE / name).read_text() in stylesheet()


def test_stylesheet_cannot_end_its_element():
    assert stylesheet().count("</style") == 1


def test_the_dark_theme_changes_colours_of_the_light_one_and_adds_none():
    light, dark = (
        set(re.findall(r"(--ap-[\w-]+):", (STYLE / name).read_text()))
        for name in ("tokens.css", "dark.css")
    )

    assert dark <= light


def test_inside_jupyterlab_the_dark_theme_follows_the_system():
    assert "@media (prefers-color-scheme:dark){" in stylesheet()
    assert ":root:root" not in stylesheet()
