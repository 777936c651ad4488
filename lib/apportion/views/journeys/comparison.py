"""The seven models side by side: one picture, where they disagree most, and the table."""

from collections.abc import Sequence

from markupsafe import Markup

from apportion.results.journeys import AttributionModel, Credit, CreditRow
from apportion.views import theme
from apportion.views.channels import ChannelLook
from apportion.views.journeys import models
from apportion.views.journeys.reading import Reading, credit_of
from apportion.views.parts import cards
from apportion.views.parts.tables import Cell, Column, table

LAST = AttributionModel.LAST_TOUCH
MOST_ROWS = 15
AGREED = 0.5
"""Percentage points that models may differ by and still count as agreeing."""

DIMENSIONS = {
    "channel": "Channel",
    "campaign": "Campaign",
    "device": "Device",
    "customer": "Customer",
}


def picture(reading: Reading) -> Markup:
    """Give a bar per model, split by channel."""
    rows = reading.table("channel").rows
    bars = cards.joined(_bar(reading, model, rows) for model in models.ORDER)
    return cards.card(
        cards.title(
            disagreement(reading),
            "Share of conversions that each model credits to each channel, "
            f"{reading.results.paths.window_days} days back.",
        ),
        cards.key(*((reading.name(row.name), "", _look(reading, row).colour) for row in rows)),
        Markup('<div class="ap-stacks">{}</div>').format(bars),
        cards.foot(models.NOT_CAUSAL + " Only an experiment shows what would be missing."),
    )


def disagreement(reading: Reading) -> str:
    """Say where the models disagree most."""
    rows = reading.table("channel").rows
    found = []
    for row in rows:
        shares = {model: reading.percent(row, model) for model in models.ORDER}
        low, high = min(shares, key=shares.__getitem__), max(shares, key=shares.__getitem__)
        found.append((shares[high] - shares[low], reading.name(row.name), shares, low, high))
    width, name, shares, low, high = max(found, key=lambda each: each[0])
    if width < AGREED:
        return "All seven models agree on every channel"
    return (
        f"The models disagree most on {name}: {theme.percent(shares[low])} under {_named(low)}, "
        f"{theme.percent(shares[high])} under {_named(high)}"
    )


def credit_table(reading: Reading, dimension: str, unit: str) -> Markup:
    """Give credit along a dimension under every model, with the difference from last touch."""
    rows = reading.table(dimension).rows
    shown = rows[:MOST_ROWS]
    columns = [
        Column(DIMENSIONS[dimension], DIMENSIONS[dimension], "lead nolabel"),
        *(
            Column(models.NAMES[model], models.NAMES[model], "n")
            for model in reversed(models.ORDER)
        ),
    ]
    what = "Conversions" if unit == "conversions" else "Revenue"
    caption = (
        f"{what} per model. Below each figure the difference from last touch; for Markov and "
        "Shapley also the interval that holds 90%, of what these customers can teach."
    )
    more = len(rows) - len(shown)
    return Markup("{}{}{}").format(
        cards.title(_moved(reading, dimension, unit), caption),
        table(columns, [_row(reading, dimension, row, unit) for row in shown], ""),
        cards.foot(f"{more} more with less credit are in the table at the end of the page.")
        if more
        else "",
    )


def _moved(reading: Reading, dimension: str, unit: str) -> str:
    """Say what Shapley moves most, against last touch."""
    rows = reading.table(dimension).rows
    if dimension == "customer":
        return "New and returning customers: every model credits their orders in full"

    def moved(row: CreditRow) -> float:
        return _difference(credit_of(row, AttributionModel.SHAPLEY), unit)

    up = max(rows, key=moved)
    if moved(up) <= 0:
        return "Shapley credits what last touch credits"
    return (
        f"Shapley credits {_label(reading, dimension, up)} with "
        f"{_amount(reading, moved(up), unit)}{' conversions' if unit == 'conversions' else ''} "
        "more than last touch does"
    )


def _row(reading: Reading, dimension: str, row: CreditRow, unit: str) -> list[Cell]:
    name: str | Markup = _label(reading, dimension, row)
    if dimension == "channel":
        name = cards.channel(_look(reading, row))
    elif dimension == "campaign":
        name = Markup("{}<small>{}</small>").format(name, reading.name(row.channel or ""))
    return [Cell(name), *(_cell(reading, row, model, unit) for model in reversed(models.ORDER))]


def _cell(reading: Reading, row: CreditRow, model: AttributionModel, unit: str) -> Cell:
    credit = credit_of(row, model)
    value = credit.conversions if unit == "conversions" else credit.revenue
    interval = credit.conversions_interval if unit == "conversions" else credit.revenue_interval
    below = Markup()
    if model is not LAST:
        change = _difference(credit, unit)
        sign = "+" if change > 0 else ""
        below = Markup("{}{}").format(sign, _amount(reading, change, unit))
    if interval is not None:
        form = lambda amount: _amount(reading, amount, unit)  # noqa: E731
        below += Markup('<br><span class="iv">{}</span>').format(theme.span(interval, form))
    return Cell(_amount(reading, value, unit), below, "strong" if model is LAST else "")


def _difference(credit: Credit, unit: str) -> float:
    return credit.conversions_difference if unit == "conversions" else credit.revenue_difference


def _amount(reading: Reading, value: float, unit: str) -> str:
    if unit == "revenue":
        return reading.money(value)
    return theme.number(value if abs(value) < 10 else round(value))


def _label(reading: Reading, dimension: str, row: CreditRow) -> str:
    if dimension == "channel":
        return reading.name(row.name)
    return (
        row.name.capitalize()
        if row.name and dimension != "campaign"
        else row.name or "Not recorded"
    )


def _look(reading: Reading, row: CreditRow) -> ChannelLook:
    return reading.looks[row.name]


def _bar(reading: Reading, model: AttributionModel, rows: Sequence[CreditRow]) -> Markup:
    shares = [(_look(reading, row), reading.percent(row, model)) for row in rows]
    said = ", ".join(f"{look.name} {theme.percent(share)}" for look, share in shares if share > 0)
    parts = cards.joined(
        Markup('<i class="ap-c-{}" style="--p:{:.2f}" title="{} {}"></i>').format(
            look.colour, share, look.name, theme.percent(share)
        )
        for look, share in shares
        if share > 0
    )
    return Markup(
        '<span>{}</span><span class="ap-stack" role="img" aria-label="{}: {}">{}</span>'
    ).format(models.NAMES[model], models.NAMES[model], said, parts)


def _named(model: AttributionModel) -> str:
    name = models.NAMES[model]
    return name if model in (AttributionModel.MARKOV, AttributionModel.SHAPLEY) else name.lower()
