"""One experiment as markup: progress, result, evidence."""

from markupsafe import Markup

from apportion.results.base import Interval
from apportion.results.incrementality import (
    ExperimentCheck,
    ExperimentResults,
    ExperimentStatus,
    IncrementalityExperiment,
    MetricEffect,
    Monitoring,
)
from apportion.results.mmm import CheckLevel
from apportion.views import theme
from apportion.views.channels import channel_look
from apportion.views.incrementality import words
from apportion.views.incrementality.power_curve import power_curve, summary
from apportion.views.parts import cards
from apportion.views.parts.icons import icon
from apportion.views.parts.intervals import Track, interval_bar
from apportion.views.parts.tables import Cell, Column, table

MOST_WEIGHTS = 10


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
        else "Looking at a p-value while it runs would find an effect where there is none in 13 of "
        "100 tests, so there is none before the end."
    )
    return cards.note("info", "No verdict yet", said + " " + waits)


def figures(experiment: IncrementalityExperiment, currency: str) -> Markup:
    """Give lift, what the ads caused, p, and the return."""
    results = experiment.results
    assert results is not None
    colour = channel_look(experiment.platform).colour
    lift, interval = results.incremental_lift_percent, results.confidence_interval
    tiles = [
        _tile(
            f"Lift in {experiment.metric}",
            words.signed_percent(lift),
            f"{words.lift_span(interval)}, 90% interval",
            lift,
            interval,
            colour,
        ),
        _caused(experiment, results, currency, colour),
        _p_tile(results),
        _return(results, currency, colour),
    ]
    return cards.figure_tiles(tiles)


def result_card(experiment: IncrementalityExperiment) -> Markup:
    """Give the recommendation, and what can be taken away."""
    results = experiment.results
    assert results is not None
    tone = words.ACTION_TONES[results.action]
    buttons = Markup(
        '<p class="ap-row"><button class="ap-btn" data-act="certificate">{}Certificate (JSON)'
        '</button><button class="ap-btn" data-act="print">{}Print</button></p>'
    ).format(icon("download"), icon("upload"))
    return cards.note(
        tone,
        f"Recommendation: {words.action_name(results.action).lower()}",
        Markup("{}{}").format(results.recommendation, buttons),
    )


def evidence(experiment: IncrementalityExperiment, currency: str) -> Markup:
    """Give weights, balance, other estimators, other metrics and provenance."""
    results = experiment.results
    assert results is not None
    parts = [
        Markup('<div class="ap-split" style="--a:1fr">{}{}</div>').format(
            _weights(results), _balance(experiment, results)
        ),
        _sensitivity(results),
        _others(results, currency),
        notes(results.checks),
        _provenance(experiment, results),
    ]
    return cards.pile(*(part for part in parts if part))


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


def _tile(
    label: str, value: str, below: str, middle: float, interval: Interval, colour: str
) -> Markup:
    reach = max(abs(interval.lower), abs(interval.upper), 1e-9) * 1.15
    low = -reach if interval.lower < 0 else -0.35 * reach
    track = Track(low, reach if interval.upper > 0 else 0.35 * reach, reference=0.0)
    bar = interval_bar(middle, interval, track, label=below, colour=colour)
    return cards.figure_tile(label, value, [below], bar)


def _caused(
    experiment: IncrementalityExperiment,
    results: ExperimentResults,
    currency: str,
    colour: str,
) -> Markup:
    if results.incremental_revenue is not None and results.incremental_revenue_interval:
        middle, interval, metric = (
            results.incremental_revenue,
            results.incremental_revenue_interval,
            "revenue",
        )
    else:
        middle, interval, metric = (
            results.incremental_outcome,
            results.incremental_outcome_interval,
            experiment.metric,
        )

    def form(value: float) -> str:
        return words.amount(value, metric, currency)

    return _tile(
        f"{metric.capitalize()} the ads caused",
        form(middle),
        theme.span(interval, form),
        middle,
        interval,
        colour,
    )


def _p_tile(results: ExperimentResults) -> Markup:
    text = f"{results.p_value:.3f}"
    chip = cards.chip("Significant", "good") if results.is_significant else cards.chip("Not firm")
    exact = "Exact: the set was drawn" if results.is_exact else "Approximate: the set was named"
    return cards.figure_tile(
        "p-value",
        Markup("{} {}").format(text, chip),
        [f"{words.one_in(results.p_value)}. {exact}."],
    )


def _return(results: ExperimentResults, currency: str, colour: str) -> Markup:
    if results.iroas is None or results.iroas_interval is None:
        return cards.figure_tile(
            "Return on the changed spend", "–", ["Needs revenue and spend by region"]
        )
    cost = results.cost_per_incremental_order_interval
    lines = [f"{theme.span(results.iroas_interval, theme.ratio)} for one {_unit(currency)}"]
    if cost is not None and cost.lower is not None:
        upper = "no upper bound" if cost.upper is None else theme.money(cost.upper, currency)
        lines.append(f"An order cost {theme.money(cost.lower, currency)} to {upper}")
    reach = max(abs(results.iroas_interval.lower), abs(results.iroas_interval.upper)) * 1.15
    track = Track(min(results.iroas_interval.lower * 1.15, 0.0), max(reach, 1.2), reference=1.0)
    bar = interval_bar(results.iroas, results.iroas_interval, track, label=lines[0], colour=colour)
    return cards.figure_tile("Return on the changed spend", theme.ratio(results.iroas), lines, bar)


def _unit(currency: str) -> str:
    return theme.unit_name(currency)


def _weights(results: ExperimentResults) -> Markup:
    shown = [each for each in results.weights if each.weight >= 0.005][:MOST_WEIGHTS]
    rest = len(results.weights) - len(shown)
    rows = [
        [
            Cell(each.region, classes="strong"),
            Cell(theme.share(each.weight)),
            Cell(cards.progress_bar(each.weight / max(shown[0].weight, 1e-9))),
        ]
        for each in shown
    ]
    fit = results.baseline_fit
    return cards.card(
        cards.title(
            f"{theme.count(len(shown), 'region')} stand for those that changed",
            f"Weights; before the test they miss by {theme.share(fit.mape)} a day on average",
        ),
        table(
            [
                Column("Region", "Region", "lead nolabel"),
                Column("Weight", "Weight", "n"),
                Column(Markup('<span class="ap-sr">Bar</span>'), "", "wide nolabel bars"),
            ],
            rows,
            "The weights of all regions sum to 100%",
        ),
        cards.foot(
            f"{theme.count(rest, 'more region')} with little or no weight. The fit is better than "
            f"that of {theme.share(fit.rank, 0)} of the sets it is ranked among."
        ),
    )


def _balance(experiment: IncrementalityExperiment, results: ExperimentResults) -> Markup:
    def form(name: str, value: float) -> str:
        return theme.number(value) if name == "mean a day" else f"{value:.2f}"

    rows = [
        [
            Cell(each.name.capitalize(), classes="strong"),
            Cell(form(each.name, each.changed)),
            Cell(form(each.name, each.synthetic)),
            Cell(form(each.name, each.plain_average)),
        ]
        for each in results.balance
    ]
    return cards.card(
        cards.title("Were both sides alike before?", f"{experiment.metric}, baseline"),
        table(
            [
                Column("Baseline", "Baseline", "lead nolabel"),
                Column("Changed", "Changed", "n"),
                Column("Weighted", "Weighted", "n"),
                Column("Plain average", "Plain", "n"),
            ],
            rows,
            "Changed regions against the weighted and the plain average of the others",
        ),
    )


def _sensitivity(results: ExperimentResults) -> Markup:
    if not results.sensitivity:
        return Markup()
    outside = sum(not each.agrees for each in results.sensitivity)
    rows = [
        [
            Cell(each.estimator.capitalize(), classes="strong"),
            Cell(words.signed_percent(each.lift_percent)),
            Cell(cards.chip("Agrees", "good") if each.agrees else cards.chip("Outside", "warn")),
        ]
        for each in results.sensitivity
    ]
    finding = (
        "Other ways to estimate it disagree: take the lift with caution"
        if outside
        else "Other ways to estimate it agree"
    )
    return cards.card(
        cards.title(finding, "The same question with other assumptions"),
        table(
            [
                Column("Estimator", "Estimator", "lead nolabel"),
                Column("Lift", "Lift", "n"),
                Column("Inside the interval", "", "side nolabel"),
            ],
            rows,
            "Whether each lift lies inside the 90% interval above",
        ),
    )


def _others(results: ExperimentResults, currency: str) -> Markup:
    if not results.other_metrics:
        return Markup()
    rows = [_other_row(each, currency) for each in results.other_metrics]
    return cards.card(
        cards.title("What else moved", "Intervals hold 90%; the verdict is of one metric alone"),
        table(
            [
                Column("Metric", "Metric", "lead nolabel"),
                Column("Lift", "Lift", "n"),
                Column("Incremental", "Incremental", "n"),
            ],
            rows,
            "Other metrics, without a verdict",
        ),
    )


def _other_row(each: MetricEffect, currency: str) -> list[Cell]:
    def form(value: float) -> str:
        return words.amount(value, each.metric, currency)

    return [
        Cell(each.metric.capitalize(), classes="strong"),
        Cell(words.signed_percent(each.lift_percent), words.lift_span(each.lift_percent_interval)),
        Cell(form(each.incremental), theme.span(each.incremental_interval, form)),
    ]


def _provenance(experiment: IncrementalityExperiment, results: ExperimentResults) -> Markup:
    design = experiment.design
    facts = [
        ("Direction", "Ads on" if experiment.direction == "on" else "Ads off"),
        ("Ranked among", f"{theme.count(results.reference_sets, 'set')} of regions"),
        (
            "How the regions came",
            f"drawn at random, seed {design.seed}" if results.is_exact and design else "named",
        ),
        ("Margin", theme.share(experiment.margin, 0)),
        ("Read out", f"{results.read_out_at:%Y-%m-%d %H:%M} UTC"),
        ("Data (SHA-256)", results.data_hash),
    ]
    return cards.card(cards.title("Where it comes from"), cards.facts_list(facts))
