"""How the columns of one file become the columns of the datasets it fills.

A layout is made from the header alone, so that a wrong file is refused before it is read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from apportion.errors import ImportRefusedError
from apportion.frames import CONTROLS, DATASETS, OUTCOMES, SPEND, Column, Dataset, Kind
from apportion.importing.files import Source
from apportion.importing.headers import Header, did_you_mean, plain
from apportion.importing.known_exports import KnownExport, currency_in, recognise, spelled
from apportion.importing.request import MMM, ImportRequest

WIDE: Mapping[str, tuple[str, str]] = {
    "outcomes": ("metric", "value"),
    "controls": ("name", "value"),
}
"""Datasets whose files have a column for each name: where the name and the number go."""

_DATE_COLUMNS = ("date", "week", "day", "ds")
_UNNAMED = "Unnamed: "  # pandas' word for a column without a name


@dataclass(frozen=True)
class Field:
    """One of our columns: where in the file it is, or what it always holds."""

    name: str
    column: Column
    position: int | None = None
    constant: str = ""


@dataclass(frozen=True)
class Layout:
    """How a file fills one dataset."""

    dataset: Dataset
    fields: tuple[Field, ...]
    measures: tuple[Field, ...] = ()
    """Columns that are made long: a field's name is the metric, control or channel."""
    long: tuple[str, str] = ("", "")
    """Our columns for a measure's name and its number."""
    export: KnownExport | None = None
    extra: Mapping[str, int] = field(default_factory=dict)
    """Columns that the export's filter reads, by their spelling."""
    currency_column: int | None = None
    currency: str = ""
    """As the header names it."""
    notes: tuple[str, ...] = ()
    hint: str = ""
    """What to do about a measure that is no number."""

    def positions(self) -> list[int]:
        """Give the columns of the file that are read, in order."""
        places = {f.position for f in (*self.fields, *self.measures)} | {self.currency_column}
        return sorted({place for place in places if place is not None} | set(self.extra.values()))


def layouts_of(source: Source, request: ImportRequest) -> dict[str, Layout]:
    """Give the layout for each dataset that `source` fills.

    Raises
    ------
    ImportRefusedError
        If a column is missing, or named twice, or named by the request and not there.
    """
    header = Header(source.name, source.header, request.columns)
    if request.dataset == MMM:
        return _mmm(header, request)
    dataset = DATASETS[request.dataset]
    export = recognise(source.header, source.commented)
    if export is not None and dataset.name in export.columns and not _is_ours(header, dataset):
        return {name: _exported(header, DATASETS[name], export) for name in export.columns}
    _check_map(header, dataset)
    return {
        dataset.name: _wide(header, dataset) if dataset.name in WIDE else _plain(header, dataset)
    }


def _is_ours(header: Header, dataset: Dataset) -> bool:
    """Tell whether a file has our own columns, whatever else it resembles."""
    names = {plain(name) for name in header.names}
    needed = {name for name, column in dataset.columns.items() if column.required}
    return dataset.name not in WIDE and needed <= names


def _check_map(header: Header, dataset: Dataset) -> None:
    if dataset.name in WIDE:
        return
    for ours in header.columns:
        if ours not in dataset.columns:
            raise ImportRefusedError(
                f"--map {ours}={header.columns[ours]}: {dataset.name} has no column {ours}; "
                f"it has {', '.join(dataset.columns)}.{did_you_mean(ours, dataset.columns)}"
            )


def _plain(header: Header, dataset: Dataset) -> Layout:
    needed = [name for name, column in dataset.columns.items() if column.required]
    reason = f"{dataset.name} needs {', '.join(needed)}"
    return Layout(
        dataset,
        tuple(
            Field(
                name,
                column,
                header.require(name, reason) if column.required else header.find(name),
            )
            for name, column in dataset.columns.items()
        ),
        currency_column=_currency_column(header),
    )


def _wide(header: Header, dataset: Dataset) -> Layout:
    number, value = WIDE[dataset.name]
    singular = "metric" if dataset is OUTCOMES else "control"
    reason = f"{dataset.name} needs date, then one column for each {singular}"
    fields = [Field("date", dataset.columns["date"], header.require("date", reason))]
    if "region" in dataset.columns:
        fields.append(Field("region", dataset.columns["region"], header.find("region")))
    currency = _currency_column(header)
    mapped = [name for name in header.columns if name not in dataset.columns]
    if mapped:
        found = {name: header.require(name, reason) for name in mapped}
    else:
        taken = {f.position for f in fields} | {currency}
        found = _others(header, taken)
    if not found:
        raise ImportRefusedError(
            f"{header.file} has no column for any {singular}; {reason}. Found: {header.listed()}."
        )
    measures, notes = _named(header.file, found, dataset)
    if mapped:
        notes.append(f"only the {singular}s named by --map are imported")
    return Layout(
        dataset,
        tuple(fields),
        measures,
        (number, value),
        currency_column=currency,
        notes=tuple(notes),
        hint=f"; --map imports only the {singular}s that it names",
    )


def _others(header: Header, taken: set[int | None]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, name in enumerate(header.names):
        if place in taken or not name or name.startswith(_UNNAMED):
            continue
        if name in found:
            raise ImportRefusedError(
                f"{header.file} has two columns {name}: {found[name] + 1} and {place + 1}. "
                "Rename or delete one."
            )
        found[name] = place
    return found


def _named(
    file: str, found: Mapping[str, int], dataset: Dataset, names: tuple[str, str] | None = None
) -> tuple[tuple[Field, ...], list[str]]:
    """Give measures of their columns; metrics are lower case, so that revenue is found."""
    _, value = names or WIDE[dataset.name]
    measures: dict[str, Field] = {}
    notes = []
    for theirs, place in found.items():
        name = theirs.strip().lower() if dataset is OUTCOMES else theirs.strip()
        if name in measures:
            raise ImportRefusedError(
                f"{file} has two columns for {name}; names of metrics are compared in lower case. "
                "Rename or delete one."
            )
        if name != theirs:
            notes.append(f"{theirs} is stored as {name}: metrics are in lower case")
        measures[name] = Field(name, dataset.columns[value], place)
    return tuple(measures.values()), notes


def _mmm(header: Header, request: ImportRequest) -> dict[str, Layout]:
    date = _mmm_date(header, request)
    outcome = request.outcome or "revenue"
    reason = "name the column to explain with --outcome COLUMN"
    roles = {"--outcome": [(outcome, header.named(outcome, reason))]}
    if not request.spend:
        raise ImportRefusedError(
            "An mmm file needs its spend columns named, as in --spend tv,search. "
            f"{header.file} has {header.listed()}."
        )
    for option, names in (("--spend", request.spend), ("--control", request.control)):
        roles[option] = [(name, header.named(name, f"{option} names it")) for name in names]
    _refuse_two_roles(header, {"--date": [("date", date)], **roles})
    fields = {
        dataset.name: tuple(
            Field(name, column, date if name == "date" else None)
            for name, column in dataset.columns.items()
            if column.kind is Kind.DATE or not column.required
        )
        for dataset in (SPEND, OUTCOMES, CONTROLS)
    }
    layouts = {}
    for dataset, option, long in (
        (SPEND, "--spend", ("channel", "spend")),
        (OUTCOMES, "--outcome", WIDE["outcomes"]),
        (CONTROLS, "--control", WIDE["controls"]),
    ):
        if roles[option]:
            measures, notes = _named(header.file, dict(roles[option]), dataset, long)
            layouts[dataset.name] = Layout(
                dataset, fields[dataset.name], measures, long, notes=tuple(notes)
            )
    return layouts


def _mmm_date(header: Header, request: ImportRequest) -> int:
    if request.date is not None:
        return header.named(request.date, "--date names it")
    names = [name for name in header.names if plain(name) in _DATE_COLUMNS]
    if "date" in header.columns or len(names) != 1:
        return header.require("date", "name the column of the days or weeks with --date COLUMN")
    return header.names.index(names[0])


def _refuse_two_roles(header: Header, roles: Mapping[str, Sequence[tuple[str, int]]]) -> None:
    taken: dict[int, str] = {}
    for option, columns in roles.items():
        for _, place in columns:
            if place in taken:
                raise ImportRefusedError(
                    f"{header.names[place]} is named by {taken[place]} and by {option}; "
                    "a column has one role."
                )
            taken[place] = option


def _exported(header: Header, dataset: Dataset, export: KnownExport) -> Layout:
    places: dict[str, int] = {}
    for place, name in enumerate(header.names):
        places.setdefault(spelled(name), place)

    def place_of(ours: str, theirs: Iterable[str]) -> int | None:
        if ours in header.columns:
            return header.find(ours)
        return next((places[name] for name in theirs if name in places), None)

    columns = export.columns[dataset.name]
    wide = WIDE[dataset.name] if export.measures else ("", "")
    fields = tuple(
        Field(
            name,
            Column(column.kind, required=False) if name in export.may_be_empty else column,
            place_of(name, columns.get(name, ())),
            export.constants.get(name, ""),
        )
        for name, column in dataset.columns.items()
        if name not in wide
    )
    measures = tuple(
        Field(name, dataset.columns[wide[1]], at)
        for name, theirs in export.measures.items()
        if (at := place_of(name, theirs)) is not None
    )
    amounts = [f.position for f in (*fields, *measures) if f.column.kind is Kind.AMOUNT]
    currencies = {currency_in(header.names[at]) for at in amounts if at is not None}
    thousands = "; commas between thousands are allowed" if export.grouped else ""
    return Layout(
        dataset,
        fields,
        measures,
        wide,
        export=export,
        extra={name: places[name] for name in export.reads if name in places},
        currency_column=_currency_column(header),
        currency=max(currencies, default=""),
        notes=(f"{header.file} is a {export.name}: {export.note}{thousands}",),
    )


def _currency_column(header: Header) -> int | None:
    names = [plain(name) for name in header.names]
    return next(
        (names.index(name) for name in ("currency", "currency_code") if name in names), None
    )
