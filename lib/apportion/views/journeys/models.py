"""The seven models in words: what each is called, and how its number arises."""

from collections.abc import Mapping

from apportion.results.journeys import AttributionModel, AttributionSettings
from apportion.views import theme

NAMES: Mapping[AttributionModel, str] = {
    AttributionModel.FIRST_TOUCH: "First touch",
    AttributionModel.LAST_TOUCH: "Last touch",
    AttributionModel.LINEAR: "Linear",
    AttributionModel.POSITION_BASED: "Position",
    AttributionModel.TIME_DECAY: "Time decay",
    AttributionModel.MARKOV: "Markov",
    AttributionModel.SHAPLEY: "Shapley",
}

ORDER = (
    AttributionModel.SHAPLEY,
    AttributionModel.MARKOV,
    AttributionModel.POSITION_BASED,
    AttributionModel.TIME_DECAY,
    AttributionModel.LINEAR,
    AttributionModel.FIRST_TOUCH,
    AttributionModel.LAST_TOUCH,
)
"""As a page lists them: those that learn first."""

NOT_CAUSAL = "Attribution is not causation: credit says who was there, not what would be missing."

NOT_TRAINED = "Markov and Shapley are not here yet: they learn from all paths, in a first analysis."


def explanation(model: AttributionModel, settings: AttributionSettings) -> str:
    """Say in one or two sentences how a journey's credit arises under a model."""
    ends = theme.share(settings.endpoint_share)
    match model:
        case AttributionModel.FIRST_TOUCH:
            return "All credit goes to the first touchpoint. A rule: nothing is learnt."
        case AttributionModel.LAST_TOUCH:
            return "All credit goes to the last touchpoint. A rule: nothing is learnt."
        case AttributionModel.LINEAR:
            return "Every touchpoint gets the same. A rule: nothing is learnt."
        case AttributionModel.POSITION_BASED:
            return (
                f"The first and the last touchpoint get {ends} each, those between share the rest. "
                "A rule: nothing is learnt."
            )
        case AttributionModel.TIME_DECAY:
            return (
                f"A touchpoint's weight halves with every {settings.half_life_days:g} days before "
                "the order. A rule: nothing is learnt."
            )
        case AttributionModel.MARKOV:
            return (
                "Learnt from all paths, also those without an order: each channel in this path "
                "counts by the share of orders that would be lost if it vanished from every path."
            )
        case AttributionModel.SHAPLEY:
            return (
                "Learnt from all paths, also those without an order: each channel in this path "
                "counts by what it adds, on average, to the conversion rate of the others here."
            )
