"""What the page shows while nothing has been analysed."""

from markupsafe import Markup

from apportion.views.parts import cards


def not_analysed(slug: str) -> Markup:
    """Say why there are no figures yet, and the way to them."""
    return cards.pile(
        cards.head("Nothing has been analysed yet"),
        cards.note(
            "info",
            "The list below is live, the analysis is not there",
            Markup(
                "Paths, Markov and Shapley are worked out in a run: "
                '<code class="ap-cmd">apportion run journeys --tenant {}</code>'
            ).format(slug),
        ),
    )
