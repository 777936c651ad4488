"""What the page shows while there is no completed version."""

from markupsafe import Markup

from apportion.results.mmm import MMMResults, ModelStatus
from apportion.views.parts import cards


def state(results: MMMResults, slug: str) -> Markup:
    """Say why there are no figures yet, and the way to them.

    Parameters
    ----------
    slug : str
        The tenant's short name, for the command that trains; empty: not known.
    """
    command = f"apportion run mmm --tenant {slug or 'TENANT'}"
    if results.status is ModelStatus.RUNNING:
        return cards.pile(
            cards.head(
                "The first media mix model is training", [cards.status_chip(results.status)]
            ),
            cards.empty(
                "run",
                f"Version {results.version} is training",
                "It is stored when it has passed its checks. You can leave this page and open it "
                "again later.",
            ),
        )
    if results.status is ModelStatus.FAILED:
        return cards.pile(
            cards.head("There is no media mix model yet", [cards.status_chip(results.status)]),
            cards.note(
                "bad",
                f"Version {results.version} was not accepted",
                results.reason or "The training failed; no reason was recorded.",
            ),
            cards.empty(
                "mmm",
                "No version has been completed",
                "Nothing of your data was changed. Mend what the reason says, then train again:",
                command,
            ),
        )
    return cards.pile(
        cards.head("There is no media mix model yet"),
        cards.empty(
            "mmm",
            "Nothing has been trained",
            "The page needs weekly spend per channel and revenue, about two years of both. "
            "Import them, then train:",
            command,
        ),
    )
