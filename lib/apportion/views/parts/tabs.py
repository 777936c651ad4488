"""Views of one thing behind tabs, each made when it is first looked at."""

from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import uuid4

import anywidget
import ipywidgets as widgets
import traitlets
from markupsafe import Markup

from apportion.errors import ApportionError
from apportion.views.parts import cards
from apportion.views.parts.boxes import html, stack
from apportion.views.parts.elements import module

_HERE = Path(__file__)
_PANEL = "ap-tabpanel"

Build = Callable[[], widgets.Widget]


class TabRow(anywidget.AnyWidget):
    """The row of tabs; arrows, Home and End move between them."""

    _esm = module(_HERE.with_suffix(".js"))
    _css = _HERE.with_suffix(".css")

    titles = traitlets.List(traitlets.Tuple()).tag(sync=True)
    selected = traitlets.Unicode().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    panel = traitlets.Unicode(_PANEL).tag(sync=True)
    identity = traitlets.Unicode().tag(sync=True)


class LazyTabs(widgets.VBox):
    """Tabs whose content is built at the first look, and kept.

    Parameters
    ----------
    label : str
        What the tabs are views of, for who cannot see them.
    tabs : mapping of str to (str, callable)
        By name: the title, and what builds the content. An error raised on purpose is shown in its
        place, and the tab is tried again at the next look.
    """

    def __init__(self, label: str, tabs: Mapping[str, tuple[str, Build]]) -> None:
        self._build = {name: build for name, (_, build) in tabs.items()}
        self.built: dict[str, widgets.Widget] = {}
        self.panel = stack([], _PANEL, "ap-page")
        first = next(iter(tabs))
        self.row = TabRow(
            titles=[(name, title) for name, (title, _) in tabs.items()],
            selected=first,
            label=label,
            identity=f"ap-{uuid4().hex[:8]}",
        )
        super().__init__([self.row, self.panel])
        self.add_class("ap-tabbed")
        self.row.observe(self._show, "selected")
        self._show(None)

    @property
    def selected(self) -> str:
        """The tab that is open."""
        name: str = self.row.selected
        return name

    @selected.setter
    def selected(self, name: str) -> None:
        self.row.selected = name

    def look_at(self, name: str) -> widgets.Widget:
        """Open a tab and give its content."""
        self.selected = name
        return self.built[name]

    def forget(self, *names: str) -> None:
        """Build these tabs anew at the next look; the open one at once."""
        for name in names:
            self.built.pop(name, None)
        if self.selected in names:
            self._show(None)

    def _show(self, _: object) -> None:
        name = self.selected
        if name not in self._build:
            return
        if name not in self.built:
            try:
                self.built[name] = self._build[name]()
            except ApportionError as error:
                note = cards.note("warn", "This cannot be shown", str(error))
                self.panel.children = [html(Markup('<div class="ap-card">{}</div>').format(note))]
                return
        self.panel.children = [self.built[name]]
