"""The card of the budget: sliders, the optimiser, and what stays as it is."""

import ipywidgets as widgets

from apportion.mmm.planner import Planner
from apportion.results.mmm import HowSure
from apportion.views.mmm.allocator import BudgetAllocator
from apportion.views.mmm.reading import Reading
from apportion.views.parts import cards
from apportion.views.parts.boxes import html, stack


def budget_card(planner: Planner, reading: Reading) -> widgets.VBox:
    """Give the card; `planner` and `reading` are the same version's."""
    unknown = [effect for effect in reading.channels if effect.how_sure is HowSure.CANNOT_TELL]
    kept = (
        f"{reading.names(unknown, most=6)} {'keeps its' if len(unknown) == 1 else 'keep their'} "
        "spend: the data cannot tell what would come of another. Test first."
        if unknown
        else ""
    )
    drawn = (
        "Drag a channel: the others make up for it. What a week brings is that of the last year's "
        "flights, scaled; intervals hold 90%."
    )
    return stack(
        [
            html(cards.title("What would another split bring?", drawn)),
            BudgetAllocator(planner, reading),
            *([html(cards.foot(kept))] if kept else []),
        ],
        "ap-card",
    )
