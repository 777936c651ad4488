"""The top of the incrementality page as plain HTML, before its kernel answers."""

from collections.abc import Sequence

from markupsafe import Markup

from apportion.results.incrementality import IncrementalityExperiment
from apportion.views.incrementality import listing


def first_content(experiments: Sequence[IncrementalityExperiment]) -> Markup:
    """Give the answer and the table of all experiments; buttons come with the widgets."""
    parts = (listing.head(experiments, may_edit=False), listing.table(experiments))
    return Markup("").join(Markup("<div>{}</div>").format(part) for part in parts)
