"""Markup of cards and of what stands on them: page head, figures, chips, notes."""

from collections.abc import Iterable
from typing import Literal

from markupsafe import Markup

from apportion.results.mmm import HowSure, ModelStatus
from apportion.views.channels import ChannelLook
from apportion.views.parts.icons import icon

Tone = Literal["", "good", "warn", "bad", "info"]

_TONE_ICONS = {"": "info", "good": "ok", "warn": "warn", "bad": "bad", "info": "info"}
_SURE = {
    HowSure.CANNOT_TELL: (0, "Cannot tell"),
    HowSure.NOT_SURE: (1, "Not sure"),
    HowSure.FAIRLY_SURE: (2, "Fairly sure"),
    HowSure.VERY_SURE: (3, "Very sure"),
}
_STATUS: dict[ModelStatus, tuple[str, Tone, str]] = {
    ModelStatus.DRAFT: ("Draft", "", "draft"),
    ModelStatus.RUNNING: ("Running", "info", "run"),
    ModelStatus.COMPLETED: ("Completed", "good", "ok"),
    ModelStatus.FAILED: ("Failed", "bad", "bad"),
}


def joined(parts: Iterable[Markup]) -> Markup:
    """Give pieces of markup one after the other."""
    return Markup("").join(parts)


def pile(*parts: Markup) -> Markup:
    """Give pieces of a page below one another, at the distance of cards."""
    return Markup('<div class="ap-pile">{}</div>').format(joined(parts))


def card(*parts: Markup) -> Markup:
    """Give a card."""
    return Markup('<div class="ap-card">{}</div>').format(joined(parts))


def title(finding: str, drawn: str = "") -> Markup:
    """Give a card's title: the finding in one sentence, and below it what is shown."""
    below = Markup("<p>{}</p>").format(drawn) if drawn else ""
    return Markup('<div class="ap-ct"><div><h2>{}</h2>{}</div></div>').format(finding, below)


def foot(text: str) -> Markup:
    """Give the small print of a card."""
    return Markup('<p class="ap-foot">{}</p>').format(text)


def head(answer: str, facts: Iterable[Markup] = ()) -> Markup:
    """Give the page's head: its answer in one sentence, then how sure, how fresh, what status."""
    items = joined(Markup("<span>{}</span>").format(fact) for fact in facts)
    return Markup(
        '<div class="ap-head"><div><p class="ap-answer" role="heading" aria-level="2">{}</p>'
        '<div class="ap-facts">{}</div></div></div>'
    ).format(answer, items)


def figure_tile(
    label: str, value: str, below: Iterable[str], bar: Markup | Literal[""] = ""
) -> Markup:
    """Give a tile: label, figure, a bar that puts it in place, and what to hold it against."""
    lines = joined(Markup("<span>{}</span>").format(line) for line in below)
    return Markup(
        '<div class="ap-card ap-kpi"><div class="l"><span>{}</span></div>'
        '<p class="v">{}</p>{}<div class="s">{}</div></div>'
    ).format(label, value, bar, lines)


def figure_tiles(tiles: Iterable[Markup]) -> Markup:
    """Give tiles in a row, on a phone two by two."""
    return Markup('<div class="ap-kpis">{}</div>').format(joined(tiles))


def progress_bar(fraction: float) -> Markup:
    """Give a bar that is filled to `fraction`."""
    filled = 100 * min(max(fraction, 0.0), 1.0)
    return Markup('<span class="ap-bar" style="--p:{:.1f}"><i></i></span>').format(filled)


def chip(text: str, tone: Tone = "", glyph: str = "") -> Markup:
    """Give a small label with its icon: never a colour alone."""
    return Markup('<span class="ap-chip {}">{}{}</span>').format(
        tone, icon(glyph or _TONE_ICONS[tone]), text
    )


def status_chip(status: ModelStatus) -> Markup:
    """Give a model version's status."""
    return chip(*_STATUS[status])


def how_sure(level: HowSure) -> Markup:
    """Give how far figures can be relied on: three rising bars and words."""
    bars, words = _SURE[level]
    marks = joined(Markup('<i class="{}"></i>').format("on" if k < bars else "") for k in range(3))
    return Markup('<span class="ap-sure {}"><span aria-hidden="true">{}</span>{}</span>').format(
        "" if bars else "none", marks, words
    )


def channel(look: ChannelLook) -> Markup:
    """Give a channel: tile with glyph, and name."""
    return Markup(
        '<span class="ap-ch"><span class="ap-dot ap-c-{}">{}</span><span>{}</span></span>'
    ).format(look.colour, icon(look.glyph), look.name)


def change(text: str, way: Literal["up", "down", "flat"], is_soft: bool = False) -> Markup:
    """Give a change with its arrow; soft: not firm enough to act on."""
    return Markup('<span class="ap-delta {}">{}{}</span>').format(
        "soft" if is_soft else "flat", icon(way), text
    )


def note(tone: Tone, heading: str, text: str | Markup = "") -> Markup:
    """Give a callout."""
    mark = icon("warn" if tone == "bad" else _TONE_ICONS[tone])
    return Markup('<div class="ap-note {}">{}<b>{}</b><p>{}</p></div>').format(
        tone, mark, heading, text
    )


def key(*items: tuple[str, str, str]) -> Markup:
    """Give a chart's key.

    Parameters
    ----------
    items : tuples of str
        Text, the mark's kind (empty: an area; ``line``, ``dash``, ``band``), its colour token.
    """
    return Markup('<div class="ap-key">{}</div>').format(
        joined(
            Markup('<span><i class="{} {}"></i>{}</span>').format(
                kind, f"ap-c-{colour}" if colour else "", text
            )
            for text, kind, colour in items
        )
    )


def facts_list(facts: Iterable[tuple[str, str]]) -> Markup:
    """Give facts with their names, in columns."""
    return Markup('<dl class="ap-facts-list">{}</dl>').format(
        joined(Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(*fact) for fact in facts)
    )


def empty(glyph: str, heading: str, text: str, command: str = "") -> Markup:
    """Give a page's state without content: why there is none, and the way out."""
    way_out = Markup('<code class="ap-cmd">{}</code>').format(command) if command else ""
    return Markup(
        '<div class="ap-card"><div class="ap-empty">{}<b>{}</b><p>{}</p>{}</div></div>'
    ).format(icon(glyph, size=34), heading, text, way_out)
