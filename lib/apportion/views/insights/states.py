"""What the page shows while nothing can be said."""

from markupsafe import Markup

from apportion.views.parts import cards


def state(reason: str) -> Markup:
    """Say why there are no insights, and the way to them."""
    return cards.pile(
        cards.head("There is nothing to tell yet"),
        cards.empty("ai_insights", "Too little data", reason),
        Markup('<p><a class="ap-btn" href="/data">Open the data page</a></p>'),
    )
