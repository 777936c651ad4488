"""Markup of a form's fields."""

from collections.abc import Mapping

from markupsafe import Markup

from apportion.views.parts import cards


def select(name: str, label: str, options: Mapping[str, str], chosen: str | None) -> Markup:
    """Give a labelled choice of one.

    Parameters
    ----------
    name : str
        Of the field; its id is ``ap-f-`` and the name.
    options : mapping
        What is shown, by the value that it stands for.
    chosen : str, optional
        The value that is selected; None, or no option's value, selects the browser's default.
    """
    items = cards.joined(
        Markup('<option value="{}"{}>{}</option>').format(
            value, Markup(" selected") if value == chosen else "", text
        )
        for value, text in options.items()
    )
    return Markup(
        '<div class="ap-field"><label for="ap-f-{}">{}</label>'
        '<select id="ap-f-{}" name="{}">{}</select></div>'
    ).format(name, label, name, name, items)
