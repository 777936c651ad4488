"""The figures of a read-out and its recommendation, as markup."""

from markupsafe import Markup

from apportion.results.base import Interval
from apportion.results.incrementality import (
    ExperimentResults,
    IncrementalityExperiment,
)
from apportion.views import theme
from apportion.views.channels import channel_look
from apportion.views.incrementality import words
from apportion.views.parts import cards
from apportion.views.parts.icons import icon
from apportion.views.parts.intervals import Track, interval_bar


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
