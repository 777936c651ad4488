"""Tabs whose content is made at the first look."""

import ipywidgets as widgets

from apportion.errors import NotFoundError
from apportion.views.parts.tabs import LazyTabs


def made(log, name):
    def build():
        log.append(name)
        return widgets.HTML(name)

    return build


def test_content_is_made_at_the_first_look_and_kept():
    log = []
    tabs = LazyTabs("Views", {name: (name.title(), made(log, name)) for name in "abc"})
    assert log == ["a"]

    first = tabs.look_at("b")
    tabs.selected = "a"

    assert tabs.look_at("b") is first
    assert log == ["a", "b"]
    assert list(tabs.panel.children) == [first]


def test_what_is_forgotten_is_made_anew_at_the_next_look():
    log = []
    tabs = LazyTabs("Views", {name: (name, made(log, name)) for name in "ab"})
    tabs.look_at("b")

    tabs.forget("a", "b")

    assert log == ["a", "b", "b"]
    tabs.selected = "a"
    assert log == ["a", "b", "b", "a"]


def test_an_error_on_purpose_is_shown_and_tried_again():
    answers = [NotFoundError("There is no posterior."), widgets.HTML("there")]

    def build():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    tabs = LazyTabs("Views", {"a": ("A", build), "b": ("B", lambda: widgets.HTML(""))})
    assert "There is no posterior." in tabs.panel.children[0].value

    tabs.selected = "b"

    assert tabs.look_at("a").value == "there"


def test_a_name_that_is_no_tab_changes_nothing():
    tabs = LazyTabs("Views", {"a": ("A", lambda: widgets.HTML("x"))})

    tabs.row.set_state({"selected": "zzz"})

    assert tabs.panel.children[0].value == "x"
