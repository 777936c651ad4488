"""One experiment as markup: progress, result, evidence."""

from markupsafe import Markup

from apportion.results.experiment_design import ExperimentCheck
from apportion.results.incrementality import (
    ExperimentStatus,
    IncrementalityExperiment,
    Monitoring,
)
from apportion.results.mmm import CheckLevel
from apportion.views import theme
from apportion.views.channels import channel_look
from apportion.views.incrementality import words
from apportion.views.incrementality.power_curve import power_curve, summary
from apportion.views.parts import cards


def header(experiment: IncrementalityExperiment, *, may_edit: bool, error: str = "") -> Markup:
    """Give name, status, progress, regions, and what can be done."""
    stages = _stages(experiment)
    regions = Markup("<p class='small muted'>{}<br>{}</p>").format(
        _regions("Test regions", experiment.test_regions),
        _regions("Control regions", experiment.control_regions),
    )
    problem = cards.note("bad", "That did not work", error) if error else Markup()
    return cards.card(
        Markup(
            '<div class="ap-row between ap-exp"><div class="ap-row"><h2>{}</h2>{}{}</div>{}</div>'
        ).format(
            experiment.name,
            cards.channel(channel_look(experiment.platform)),
            words.status_chip(experiment.status),
            _buttons(experiment) if may_edit else "",
        ),
        stages,
        regions,
        problem,
        _why(experiment),
    )


def draft(experiment: IncrementalityExperiment, *, may_edit: bool) -> Markup:
    """Give power and checks of a draft, and the way to start it."""
    power = experiment.power
    if power is None:
        said = "History is too short to tell the test's power"
        parts = [cards.title(said, "Power needs 28 days of history and the length of the test")]
    else:
        said = (
            "This test would find the lift that matters"
            if power.is_sufficient
            else "This test would miss the lift that matters too often"
        )
        parts = [cards.title(said, summary(power)), power_curve(power)]
    refused = any(check.level is CheckLevel.REFUSE for check in experiment.checks)
    is_enough = power is not None and power.is_sufficient
    if may_edit and not is_enough and not refused:
        parts.append(
            Markup(
                '<div class="ap-field"><label for="ap-why">Start it all the same, because</label>'
                '<input id="ap-why" name="override" class="ap-input" maxlength="500">'
                '<span class="hint">The read-out will carry the reason.</span></div>'
                '<p><button class="ap-btn" data-act="start">Start without enough power</button></p>'
            )
        )
    return cards.pile(cards.card(*parts), notes(experiment.checks))


def running(experiment: IncrementalityExperiment, found: Monitoring | None) -> Markup:
    """Say how far the data are, and that there is no verdict yet."""
    days = 0 if found is None else found.day
    looks = () if found is None else found.looks
    said = Markup("{} of {} are in the data.").format(
        theme.count(days, "day"), f"{experiment.days} days"
    )
    crossed = [look.day for look in looks if look.is_crossed]
    if crossed:
        text = (
            f"The planned look after day {crossed[0]} is beyond what chance would do. It may be "
            "read out now; a test that is stopped for its large effect overstates the lift."
        )
        return cards.note("info", "A planned look says: enough", text)
    waits = (
        "Looks are planned every week, and none has crossed its bound."
        if experiment.weekly_looks
        else "Looking at a p-value while it runs would find an effect where there is none in 16 of "
        "100 tests, so there is none before the end."
    )
    return cards.note("info", "No verdict yet", said + " " + waits)


def notes(checks: tuple[ExperimentCheck, ...]) -> Markup:
    """Give checks, what has to be mended first."""
    if not checks:
        return Markup()
    items = cards.joined(
        cards.note(
            "bad" if check.level is CheckLevel.REFUSE else "warn",
            "Mend this first" if check.level is CheckLevel.REFUSE else "To know",
            check.message,
        )
        for check in checks
    )
    return Markup('<div class="ap-notes">{}</div>').format(items)


def _stages(experiment: IncrementalityExperiment) -> Markup:
    status, share = experiment.status, round(100 * experiment.progress)
    has_begun = status is not ExperimentStatus.DRAFT
    is_done = status is ExperimentStatus.COMPLETED
    rows = (
        ("done" if has_begun else "", 0, "Baseline", theme.count(experiment.pre_test_days, "day")),
        (
            "done" if is_done else "now" if has_begun else "",
            share,
            "Test",
            f"{theme.count(experiment.days, 'day')}, {words.period(experiment)}",
        ),
        ("done" if is_done else "", 0, "Read-out", "done" if is_done else "after the last day"),
    )
    items = cards.joined(
        Markup('<li class="{}" style="--p:{}"><b>{}</b>{}</li>').format(*row) for row in rows
    )
    return Markup('<ol class="ap-stages">{}</ol>').format(items)


def _buttons(experiment: IncrementalityExperiment) -> Markup:
    is_enough = experiment.power is not None and experiment.power.is_sufficient
    refused = any(check.level is CheckLevel.REFUSE for check in experiment.checks)
    buttons: list[tuple[str, str, str]] = []
    if experiment.status is ExperimentStatus.DRAFT:
        if is_enough and not refused:
            buttons.append(("start", "primary", "Start the test"))
        buttons += [("edit", "", "Edit"), ("delete", "", "Delete")]
    if experiment.status is ExperimentStatus.RUNNING:
        buttons += [("read", "primary", "Read out"), ("cancel", "", "Cancel the test")]
    return Markup('<div class="ap-row">{}</div>').format(
        cards.joined(
            Markup('<button class="ap-btn {}" data-act="{}">{}</button>').format(tone, act, text)
            for act, tone, text in buttons
        )
    )


def _why(experiment: IncrementalityExperiment) -> Markup:
    if experiment.status is ExperimentStatus.CANCELLED:
        return cards.note(
            "", "Cancelled", experiment.reason or "No reason was given. Its data are kept."
        )
    return Markup()


def _regions(name: str, regions: tuple[str, ...]) -> Markup:
    return Markup("<b>{}</b> ({}): {}").format(name, len(regions), ", ".join(regions))
