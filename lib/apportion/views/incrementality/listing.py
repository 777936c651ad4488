"""The head of the page and the table of all experiments, as markup."""

from collections.abc import Sequence

from markupsafe import Markup

from apportion.results.incrementality import ExperimentStatus, IncrementalityExperiment
from apportion.views import theme
from apportion.views.channels import channel_look
from apportion.views.incrementality import words
from apportion.views.parts import cards
from apportion.views.parts.icons import icon
from apportion.views.parts.intervals import Track, axis_labels, interval_bar, nice_ceiling

MOST_NAMED = 2
ROOM_FOR_LOW = 45
"""Percent of the track that the lower end and "no effect" need beside each other."""


def head(experiments: Sequence[IncrementalityExperiment], *, may_edit: bool) -> Markup:
    """Give the answer of the page, and the way to a new experiment."""
    running = sum(each.status is ExperimentStatus.RUNNING for each in experiments)
    facts = [
        icon("flask")
        + theme.count(len(experiments), "experiment")
        + (f", {running} running" if running else ""),
        icon("clock") + "Read out when the last day’s data are there",
    ]
    items = cards.joined(Markup("<span>{}</span>").format(fact) for fact in facts)
    button = (
        Markup(
            '<div class="ap-row"><button class="ap-btn primary" data-act="new">'
            "{}New experiment</button></div>"
        ).format(icon("plus"))
        if may_edit
        else ""
    )
    return Markup(
        '<div class="ap-head"><div><p class="ap-answer" role="heading" aria-level="2">{}</p>'
        '<div class="ap-facts">{}</div></div>{}</div>'
    ).format(answer(experiments), items, button)


def answer(experiments: Sequence[IncrementalityExperiment]) -> Markup:
    """Say what the tests found, the surest first."""
    done = [each for each in experiments if each.results is not None]
    real = [each for each in done if each.results and each.results.is_significant]
    if real:
        said = [
            Markup("{} brings <em>{} more sales</em>").format(words.channel_name(each), _span(each))
            if each.results.incremental_lift_percent > 0
            else Markup("{} brings no more sales").format(words.channel_name(each))
            for each in real[:MOST_NAMED]
            if each.results is not None
        ]
        return Markup("; ").join(said)
    if done:
        return Markup("No test could tell an effect yet")
    if experiments:
        return Markup("No test has been read out yet")
    return Markup("Did the ads cause sales? A test can tell")


def table(experiments: Sequence[IncrementalityExperiment], chosen: str = "") -> Markup:
    """Give all experiments with status and lift."""
    if not experiments:
        return cards.empty(
            "incrementality",
            "No experiment yet",
            "Switch ads on, or off, in some regions and compare with the others: the difference "
            "is what the ads caused. It needs outcomes by region.",
        )
    track = _track(experiments)
    ends = [(track.place(0), "no effect"), (100, words.signed_percent(track.high))]
    if track.place(0) >= ROOM_FOR_LOW:
        ends.insert(0, (0, words.signed_percent(track.low)))
    axis = axis_labels(*ends)
    rows = cards.joined(_row(each, track, is_chosen=each.id == chosen) for each in experiments)
    caption = (
        f"Bars run from {words.signed_percent(track.low)} to {words.signed_percent(track.high)}; "
        "the dashed line is no effect. An interval holds the lift with 90%."
    )
    heads = Markup(
        '<th scope="col" class="lead nolabel">Experiment</th>'
        '<th scope="col">Platform</th><th scope="col" class="side">Status</th>'
        '<th scope="col">Test period</th><th scope="col" class="n">Lift</th>'
        '<th scope="col" class="wide line">{}</th><th scope="col" class="wide">Result</th>'
    ).format(axis)
    return Markup(
        '<div class="ap-card"><div class="ap-scroll many"><table class="ap-table cards">'
        "<caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div></div>"
    ).format(caption, heads, rows)


def _row(each: IncrementalityExperiment, track: Track, *, is_chosen: bool) -> Markup:
    figure, bar, said = _cells(each, track)
    gone = "" if figure else " gone"
    return Markup(
        '<tr class="click {}" data-act="open" data-arg="{}">'
        '<td class="lead nolabel"><button class="ap-link" data-act="open" data-arg="{}"'
        "{}>{}</button></td>"
        '<td data-l="Platform" class="nolabel">{}</td><td class="side nolabel">{}</td>'
        '<td data-l="Test period" class="nolabel">{}</td>'
        '<td data-l="Lift" class="n strong nolabel{}">{}</td>'
        '<td class="wide nolabel line{}">{}</td><td class="wide nolabel">{}</td></tr>'
    ).format(
        "chosen" if is_chosen else "",
        each.id,
        each.id,
        Markup(' aria-current="true"') if is_chosen else "",
        each.name,
        cards.channel(channel_look(each.platform)),
        words.status_chip(each.status),
        words.period(each),
        gone,
        figure,
        gone,
        bar,
        said,
    )


def _cells(
    each: IncrementalityExperiment, track: Track
) -> tuple[Markup | str, Markup | str, Markup]:
    results = each.results
    if results is not None:
        lift, interval = results.incremental_lift_percent, results.confidence_interval
        text, tone = words.verdict(results, each.minimum_effect_percent)
        said = words.lift_span(interval)
        bar = interval_bar(
            lift,
            interval,
            track,
            label=f"{words.signed_percent(lift)}, between {said}",
            colour=channel_look(each.platform).colour,
            is_hatched=text == "Cannot tell",
        )
        figure = Markup("{}<small>{}</small>").format(words.signed_percent(lift), said)
        return figure, bar, cards.chip(text, tone)
    muted = Markup('<span class="muted">{}</span>')
    if each.status is ExperimentStatus.RUNNING:
        passed = round(each.progress * each.days)
        figure = Markup('<span class="muted">day {} of {}</span>').format(passed, each.days)
        bar = Markup('<span role="img" aria-label="day {} of {}">{}</span>').format(
            passed, each.days, cards.progress_bar(each.progress)
        )
        return figure, bar, muted.format(f"Read-out after {words.day(each.end_date)}")
    if each.status is ExperimentStatus.CANCELLED:
        return "", "", muted.format(each.reason or "Cancelled")
    if each.power is not None and each.power.is_sufficient:
        return "", "", muted.format("Has enough power to start")
    return "", "", cards.chip("Too little power", "warn")


def _track(experiments: Sequence[IncrementalityExperiment]) -> Track:
    ends = [each.results.confidence_interval for each in experiments if each.results is not None]
    low = min((end.lower for end in ends), default=0.0)
    high = max((end.upper for end in ends), default=0.0)
    return Track(
        -nice_ceiling(max(-low, 0.4 * high, 5.0)), nice_ceiling(max(high, 10.0)), reference=0.0
    )


def _span(each: IncrementalityExperiment) -> str:
    assert each.results is not None
    return theme.span(each.results.confidence_interval, theme.percent)
