"""Which column of a file would be taken for which of ours: what is shown before an import."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from apportion.errors import ImportRefusedError
from apportion.frames import DATASETS
from apportion.importing.files import Source, open_source
from apportion.importing.headers import Header, plain
from apportion.importing.known_exports import recognise
from apportion.importing.layouts import WIDE, layouts_of
from apportion.importing.request import MMM, ImportRequest

_DATES = ("date", "week", "day", "ds")
_MONEY = ("spend", "cost")


class Shape(StrEnum):
    """How the columns of a file are named by whoever imports it."""

    PLAIN = "plain"
    """Each of our columns is one of the file's."""
    WIDE = "wide"
    """A date, and a column for each metric or control."""
    MMM = "mmm"
    """Each column of the file has a role: date, outcome, spend, control, none."""
    EXPORT = "export"
    """Known: there is nothing to name."""


@dataclass(frozen=True)
class Match:
    """One of our columns, and the one of the file's that is taken for it."""

    ours: str
    is_required: bool
    theirs: str | None


@dataclass(frozen=True)
class Recognition:
    """What the header of one file says."""

    file: str
    header: tuple[str, ...]
    shape: Shape
    export: str
    """The name of the known export; empty: it is none."""
    matches: tuple[Match, ...]
    measures: tuple[str, ...]
    """Columns that become a metric or a control each."""


def recognised(request: ImportRequest) -> tuple[Recognition, ...]:
    """Give what each file's columns would be taken for; no row is read.

    Raises
    ------
    ImportRefusedError
        If a file cannot be read at all. A column that is missing is no reason here.
    """

    def is_header(cells: Sequence[str], commented: bool) -> bool:
        export = recognise(cells, commented)
        return export is not None and request.dataset in export.columns

    return tuple(_of(open_source(path, is_header), request) for path in request.files)


def guessed_roles(header: Sequence[str]) -> dict[str, str]:
    """Give the role that each column of an ``mmm`` file most likely has, where one is likely."""
    roles: dict[str, str] = {}
    for name in header:
        text = plain(name)
        if text in _DATES and "date" not in roles.values():
            roles[name] = "date"
        elif text == "revenue" and "outcome" not in roles.values():
            roles[name] = "outcome"
        elif any(word in text.split("_") for word in _MONEY):
            roles[name] = "spend"
    return roles


def _of(source: Source, request: ImportRequest) -> Recognition:
    if request.dataset == MMM:
        return Recognition(source.name, source.header, Shape.MMM, "", (), ())
    dataset = DATASETS[request.dataset]
    try:
        layout = layouts_of(source, request)[dataset.name]
    except ImportRefusedError:
        return _as_far_as_found(source, request)
    matches = tuple(
        Match(
            field.name,
            field.column.required,
            field.constant or None if field.position is None else source.header[field.position],
        )
        for field in layout.fields
    )
    places = (field.position for field in layout.measures)
    measures = tuple(source.header[place] for place in places if place is not None)
    if layout.export is not None:
        shape = Shape.EXPORT
    else:
        shape = Shape.WIDE if dataset.name in WIDE else Shape.PLAIN
    name = "" if layout.export is None else layout.export.name
    return Recognition(source.name, source.header, shape, name, matches, measures)


def _as_far_as_found(source: Source, request: ImportRequest) -> Recognition:
    """Look for each column alone: what is missing is named on the page where it is shown."""
    header = Header(source.name, source.header, request.columns)
    dataset = DATASETS[request.dataset]
    is_wide = dataset.name in WIDE
    names = [name for name in dataset.columns if not (is_wide and name in WIDE[dataset.name])]
    matches = []
    for name in names:
        try:
            place = header.find(name)
        except ImportRefusedError:  # mapped to what is not there, or there twice
            place = None
        theirs = None if place is None else source.header[place]
        matches.append(Match(name, dataset.columns[name].required, theirs))
    taken = {match.theirs for match in matches}
    measures = tuple(name for name in source.header if name and name not in taken)
    return Recognition(
        source.name,
        source.header,
        Shape.WIDE if is_wide else Shape.PLAIN,
        "",
        tuple(matches),
        measures if is_wide else (),
    )
