"""The home page: the answer of each app, how fresh the data are, what ran last.

Plain HTML, made from what is stored, without a kernel. A tenant without data or without a model is
told why the page is empty and which command fills it.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from apportion.results.base import Interval
from apportion.results.mmm import ChannelEffect, MMMResults, ModelStatus
from apportion.server.home_apps import apps_card
from apportion.server.home_data import Freshness, data_card, freshness, runs_card
from apportion.server.pages import DATA, Page
from apportion.views import theme
from apportion.views.mmm import findings, sections
from apportion.views.mmm.reading import Reading
from apportion.views.parts import cards
from apportion.views.parts.icons import icon
from apportion.views.parts.intervals import Track, interval_bar, nice_ceiling
from apportion.workspace import Workspace

MOST_ROWS = 4
"""Channels on the media mix card."""


@dataclass(frozen=True)
class Home:
    """The page's parts, from top to bottom."""

    answer: Markup
    facts: tuple[Markup, ...]
    parts: tuple[Markup, ...]


def home(workspace: Workspace, apps: Sequence[Page], today: dt.date) -> Home:
    """Give the content of the home page.

    Parameters
    ----------
    apps : sequence of Page
        The apps that can be opened.
    today : date
        The day in the tenant's time zone.
    """
    tenant = workspace.tenant
    fresh = freshness(workspace.data)
    results = workspace.mmm.latest()
    reading = Reading(results, tenant.timezone)
    runs = workspace.runs.list()
    mmm_path = next((app.path for app in apps if app.name == "mmm"), None)
    aside = (apps_card(workspace, apps, runs), runs_card(runs, tenant.timezone))
    below = Markup(
        '<div class="ap-split" style="--a:1.8fr">{}<div class="ap-pile">{}{}</div></div>'
    ).format(data_card(fresh), *aside)
    if results.status is ModelStatus.COMPLETED and results.media_percent:
        newest = max(workspace.mmm.versions(), key=lambda model: model.version, default=results)
        top = (sections.newer_version(newest, results), tiles(reading), mmm_card(reading, mmm_path))
        return Home(answer(reading), facts(fresh, today, reading), (*top, below))
    if fresh.is_empty:
        return Home(Markup("No data yet"), (), (first_steps(tenant.slug), below))
    text, part = without_model(results, tenant.slug)
    return Home(text, facts(fresh, today), (part, below))


def answer(reading: Reading) -> Markup:
    """Say what ads brought in the window, as an interval."""
    interval = total(reading).interval
    earned = theme.span(interval, reading.outcome)
    return Markup("Ads brought <em>{}</em> of {} in the last {}").format(
        earned, reading.noun, theme.count(weeks(reading.results), "week")
    )


def facts(fresh: Freshness, today: dt.date, reading: Reading | None = None) -> tuple[Markup, ...]:
    """Give how fresh the data and the model are."""
    found = []
    if fresh.last is not None:
        days = (today - fresh.last).days
        age = f", {theme.count(days, 'day')} ago" if days > 1 else ""
        found.append(icon("clock") + f"Data until {theme.day(fresh.last)}{age}")
    if reading is not None and reading.results.last_run_at is not None:
        trained = theme.moment(reading.results.last_run_at, reading.timezone)
        found.append(icon("mmm") + f"Version {reading.results.version}, trained {trained}")
    return tuple(found)


@dataclass(frozen=True)
class Total:
    """What all ads brought and cost in the window."""

    brought: float
    interval: Interval
    spend: float


def total(reading: Reading) -> Total:
    """Add up the channels; the interval is that of the share of all revenue, in money."""
    results = reading.results
    assert results.media_percent is not None
    assert results.media_percent_interval is not None
    brought = sum(effect.contribution for effect in results.channels)
    per_point = brought / results.media_percent
    share = results.media_percent_interval
    return Total(
        brought,
        Interval(lower=share.lower * per_point, upper=share.upper * per_point),
        sum(effect.current_spend for effect in results.channels) * weeks(results),
    )


def weeks(results: MMMResults) -> int:
    """Give the length of the window that the figures refer to."""
    window = results.estimate_window
    return ((window.end - window.start).days + 1) // 7 if window else 0


def tiles(reading: Reading) -> Markup:
    """Give spend, what it brought, the return, and the share of all revenue."""
    results, found, span = reading.results, total(reading), theme.span
    share = results.media_percent_interval
    assert results.media_percent is not None
    assert share is not None
    period = f"last {theme.count(weeks(results), 'week')}"
    brought = span(found.interval, reading.outcome)
    percent = span(share, theme.percent)
    made = [
        cards.figure_tile("Spend on ads", reading.spend(found.spend), [period]),
        cards.figure_tile(
            f"{reading.noun.capitalize()} from ads",
            reading.outcome(found.brought),
            [brought],
            interval_bar(
                found.brought,
                found.interval,
                Track(0, nice_ceiling(found.interval.upper)),
                label=brought,
            ),
        ),
        _return_tile(reading, found),
        cards.figure_tile(
            f"Share of all {reading.noun}",
            theme.percent(results.media_percent),
            [percent],
            interval_bar(results.media_percent, share, Track(0, 100), label=percent),
        ),
    ]
    return cards.figure_tiles(made)


def _return_tile(reading: Reading, found: Total) -> Markup:
    per = 1 / max(found.spend, 1e-9)
    interval = Interval(lower=found.interval.lower * per, upper=found.interval.upper * per)
    text = theme.span(interval, theme.ratio)
    reference = 1.0 if reading.is_money else None
    below = [text, "dashed line: pays back"] if reading.is_money else [text]
    return cards.figure_tile(
        f"Return per {reading.unit}" if reading.is_money else f"{reading.noun} per {reading.unit}",
        theme.ratio(found.brought * per),
        below,
        interval_bar(
            found.brought * per,
            interval,
            Track(0, nice_ceiling(max(interval.upper, 1.0)), reference),
            label=text,
        ),
    )


def mmm_card(reading: Reading, path: str | None) -> Markup:
    """Give the media mix's answer with the channels that it speaks of."""
    text, sure = findings.answer(reading)
    shown = most_telling(reading)
    known = [effect.marginal_roi_interval.upper for effect in shown]
    track = Track(0, nice_ceiling(max(known)), 1.0 if reading.is_money else None)
    rows = cards.joined(
        Markup('{}{}<b class="num">{}</b>').format(
            cards.channel(reading.looks[effect.channel]),
            interval_bar(
                effect.marginal_roi,
                effect.marginal_roi_interval,
                track,
                label=theme.span(effect.marginal_roi_interval, theme.ratio),
                colour=reading.looks[effect.channel].colour,
                is_hatched=effect.how_sure not in findings.FIRM,
            ),
            theme.ratio(effect.marginal_roi),
        )
        for effect in shown
    )
    inside = Markup(
        '<span class="top">{}Media mix</span><h2>{}</h2>'
        '<div class="ap-rows">{}</div>'
        '<div class="ap-row between small muted">{}<span>{}</span></div>'
    ).format(
        icon("mmm", size=20),
        text.striptags(),
        rows,
        cards.how_sure(sure),
        f"What the next {reading.unit} brings, 90% intervals",
    )
    if path is None:
        return Markup('<div class="ap-card ap-app">{}</div>').format(inside)
    return Markup('<a class="ap-card ap-app" href="{}">{}</a>').format(path, inside)


def most_telling(reading: Reading) -> list[ChannelEffect]:
    """Give the channels whose next unit of spend brings most and least, as far as they are sure."""
    firm = [effect for effect in reading.channels if effect.how_sure in findings.FIRM]
    ordered = sorted(firm or reading.channels, key=lambda effect: -effect.marginal_roi)
    if len(ordered) <= MOST_ROWS:
        return ordered
    half = MOST_ROWS // 2
    return [*ordered[:half], *ordered[-half:]]


def without_model(results: MMMResults, slug: str) -> tuple[Markup, Markup]:
    """Say why there is no figure although there are data."""
    command = f"apportion run mmm --tenant {slug}"
    if results.status is ModelStatus.RUNNING:
        return Markup("The first media mix model is training"), cards.empty(
            "run",
            f"Version {results.version} is training",
            "Its figures are shown here when it has passed its checks. Load the page again later.",
        )
    if results.status is ModelStatus.FAILED:
        return Markup("There is no media mix model yet"), cards.note(
            "bad",
            f"Version {results.version} was not accepted",
            f"{results.reason or 'The training failed.'} Mend it, then train again: {command}",
        )
    return Markup("There is no media mix model yet"), cards.empty(
        "mmm",
        "Your data are loaded",
        "Train the first model, which takes a minute or two:",
        command,
    )


def first_steps(slug: str) -> Markup:
    """Give the way in: files that are loaded in the browser or by commands, then the training."""
    steps = (
        ("Load what you spent on ads, by day and channel", f"apportion import {slug} spend FILE"),
        ("Load what came of it, by day", f"apportion import {slug} outcomes FILE"),
        ("Train the media mix model", f"apportion run mmm --tenant {slug}"),
    )
    items = cards.joined(
        Markup('<li><span>{}</span><code class="ap-cmd">{}</code></li>').format(*step)
        for step in steps
    )
    wide = (
        "Have one weekly file with everything in it? Import it there at once, or by "
        f"apportion import {slug} mmm FILE --date COLUMN --outcome COLUMN --spend A,B,C"
    )
    return cards.card(
        cards.title(
            "Three steps to the first answer", "Import files in the browser, or by command"
        ),
        Markup('<p><a class="ap-btn primary" href="{}">{}Import files</a></p>').format(
            DATA.path, icon("upload")
        ),
        Markup('<ol class="ap-steps">{}</ol>').format(items),
        cards.foot(wide),
    )
