"""What a read-out rests on, as markup: weights, balance, other estimators, provenance."""

from markupsafe import Markup

from apportion.results.incrementality import (
    ExperimentResults,
    IncrementalityExperiment,
    MetricEffect,
)
from apportion.views import theme
from apportion.views.incrementality import words
from apportion.views.incrementality.detail import notes
from apportion.views.parts import cards
from apportion.views.parts.tables import Cell, Column, table

MOST_WEIGHTS = 10


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
