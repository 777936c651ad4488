"""Credit beside the truth, where a simulated company knows it: attribution is not causation."""

from markupsafe import Markup

from apportion.results.journeys import AttributionModel
from apportion.views import theme
from apportion.views.journeys import models
from apportion.views.journeys.reading import Reading, credit_of
from apportion.views.parts import cards
from apportion.views.parts.intervals import nice_ceiling
from apportion.views.parts.tables import Cell, Column, table

BESIDE = (
    AttributionModel.FIRST_TOUCH,
    AttributionModel.LAST_TOUCH,
    AttributionModel.LINEAR,
    AttributionModel.POSITION_BASED,
    AttributionModel.TIME_DECAY,
    AttributionModel.MARKOV,
    AttributionModel.SHAPLEY,
)


def truth_card(reading: Reading) -> Markup:
    """Give the comparison; nothing for a company that is not simulated."""
    truth = reading.truth
    if truth is None:
        return Markup()
    rows = reading.table("channel").rows
    revenue = sum(credit_of(row, AttributionModel.LAST_TOUCH).revenue for row in rows)
    credited = {
        row.name: {model: 100 * credit_of(row, model).revenue / revenue for model in BESIDE}
        for row in rows
    }
    caused = {each.channel: each.percent for each in truth.channels}
    names = sorted(credited.keys() | caused.keys(), key=lambda name: -caused.get(name, 0.0))
    top = nice_ceiling(max([*caused.values(), *(max(each.values()) for each in credited.values())]))
    columns = [
        Column("Channel", "Channel", "lead nolabel"),
        Column("Truly caused", "Truly caused", "n strong"),
        Column("", "", "wide nolabel bars"),
        *(Column(models.NAMES[model], models.NAMES[model], "n") for model in BESIDE),
    ]
    return cards.card(
        cards.title(
            _finding(reading, credited, caused),
            "Share of revenue, in percent: what each model credits, beside what the simulation "
            f"really caused from {theme.day(truth.start)} to {theme.day(truth.end)}. The upright "
            "mark is the truth, the bar what Shapley credits.",
        ),
        table(
            columns,
            [_row(reading, name, caused, credited, top) for name in names],
            "",
        ),
        cards.foot(
            "This company is simulated, so the truth is known; a real company never knows it. "
            f"{theme.percent(truth.baseline_percent)} of its revenue would have come without any "
            "advertising, and every model still shares out all of it: attribution is not "
            "causation. To learn what a channel causes, test it or model it (Media mix)."
        ),
    )


def _finding(
    reading: Reading,
    credited: dict[str, dict[AttributionModel, float]],
    caused: dict[str, float],
) -> str:
    """Say which paid channel last touch flatters most."""
    last = AttributionModel.LAST_TOUCH
    paid = [name for name in caused if name in credited]
    if not paid:
        return "What the models credit, and what was really caused"
    most = max(paid, key=lambda name: credited[name][last] - caused[name])
    return (
        f"Last touch credits {reading.name(most)} with {theme.percent(credited[most][last])} of "
        f"revenue; it caused {theme.percent(caused[most])}"
    )


def _row(
    reading: Reading,
    name: str,
    caused: dict[str, float],
    credited: dict[str, dict[AttributionModel, float]],
    top: float,
) -> list[Cell]:
    look = reading.look(name)
    mine = credited.get(name, {})
    true = caused.get(name, 0.0)
    shapley = mine.get(AttributionModel.SHAPLEY, 0.0)
    bar = Markup(
        '<span class="ap-true ap-c-{}" aria-hidden="true" style="--p:{:.1f};--x:{:.1f}">'
        "<i></i><b></b></span>"
    ).format(look.colour, 100 * shapley / top, 100 * true / top)
    return [
        Cell(cards.channel(look)),
        Cell(theme.percent(true)),
        Cell(bar),
        *(Cell(theme.percent(mine[model]) if mine else "none") for model in BESIDE),
    ]
