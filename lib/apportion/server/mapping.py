"""From a form in which columns are named to the options of an import, and back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from apportion.importing import Recognition, Shape
from apportion.importing.recognition import guessed_roles
from apportion.workspace.data import ImportOptions

Field = Callable[[str], str | None]
"""Gives a field of the form that was sent; None: it was not there."""

ROLES = (
    ("", "Not used"),
    ("date", "Date"),
    ("outcome", "Outcome"),
    ("spend", "Spend of a channel"),
    ("control", "Control variable"),
)


@dataclass(frozen=True)
class Choice:
    """One line of the form: what is named, by which of some values."""

    name: str
    """Of the form's field."""
    label: str
    options: tuple[tuple[str, str], ...]
    value: str
    note: str = ""


def choices(found: Recognition, options: ImportOptions) -> tuple[Choice, ...]:
    """Give the lines of the form that names a file's columns."""
    match found.shape:
        case Shape.EXPORT:
            return ()
        case Shape.MMM:
            return _roles(found.header, options)
        case Shape.WIDE:
            return (*_matches(found), *_measures(found))
    return _matches(found)


def options_from(found: Recognition, field: Field) -> ImportOptions:
    """Give the options that a sent form means."""
    match found.shape:
        case Shape.EXPORT:
            return ImportOptions()
        case Shape.MMM:
            return _mmm_options(found.header, field)
    columns = {}
    for match in found.matches:
        theirs = field(f"map.{match.ours}")
        # Nothing was chosen: an optional column is not in the file, whatever looks like it.
        if (theirs and theirs in found.header) or (theirs == "" and not match.is_required):
            columns[match.ours] = theirs
    if found.shape is Shape.WIDE:
        others = _others(found)
        used = [name for place, name in others if field(f"use.{place}") == "yes"]
        if used and (len(used) < len(others) or "" in columns.values()):
            columns |= {name: name for name in used}
    return ImportOptions(columns=columns)


def has_roles(options: ImportOptions) -> bool:
    """Whether the columns of an ``mmm`` file were named."""
    return bool(options.spend)


def _matches(found: Recognition) -> tuple[Choice, ...]:
    names = tuple((name, name) for name in found.header if name)
    absent = ("", "Not in the file")
    return tuple(
        Choice(
            f"map.{match.ours}",
            match.ours,
            names if match.theirs and match.is_required else (absent, *names),
            match.theirs or "",
            "" if match.is_required else "optional",
        )
        for match in found.matches
    )


def _measures(found: Recognition) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            f"use.{place}",
            name,
            (("yes", "Import it"), ("", "Leave it out")),
            "yes" if name in found.measures else "",
        )
        for place, name in _others(found)
    )


def _others(found: Recognition) -> list[tuple[int, str]]:
    taken = {match.theirs for match in found.matches}
    return [(k, name) for k, name in enumerate(found.header) if name and name not in taken]


def _roles(header: Sequence[str], options: ImportOptions) -> tuple[Choice, ...]:
    if has_roles(options):
        roles = {
            **dict.fromkeys(options.spend, "spend"),
            **dict.fromkeys(options.control, "control"),
        }
        if options.date:
            roles[options.date] = "date"
        if options.outcome:
            roles[options.outcome] = "outcome"
    else:
        roles = guessed_roles(header)
    return tuple(
        Choice(f"role.{place}", name, ROLES, roles.get(name, ""))
        for place, name in enumerate(header)
        if name
    )


def _mmm_options(header: Sequence[str], field: Field) -> ImportOptions:
    roles = [(name, field(f"role.{place}")) for place, name in enumerate(header) if name]

    def having(role: str) -> tuple[str, ...]:
        return tuple(name for name, given in roles if given == role)

    return ImportOptions(
        date=next(iter(having("date")), None),
        outcome=next(iter(having("outcome")), None),
        spend=having("spend"),
        control=having("control"),
    )
