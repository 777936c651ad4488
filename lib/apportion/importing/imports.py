"""An import: files that were opened and understood, read as often as needed."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pandas as pd

from apportion.errors import ImportRefusedError
from apportion.frames import DATASETS
from apportion.importing import review
from apportion.importing.files import ParquetSource, Source, open_source
from apportion.importing.gathering import Gathering
from apportion.importing.headers import did_you_mean
from apportion.importing.known_exports import recognise
from apportion.importing.layouts import Layout, layouts_of
from apportion.importing.problems import Problems
from apportion.importing.reading import Pass, Reading
from apportion.importing.request import MMM, ImportRequest
from apportion.importing.summary import FileSummary, PartSummary, Summary
from apportion.importing.survey import Survey


@dataclass(frozen=True)
class _File:
    source: Source
    layouts: dict[str, Layout]


def read(request: ImportRequest) -> "Import":
    """Open the files and understand their headers; no row is read yet.

    Raises
    ------
    ImportRefusedError
        If the dataset is unknown, a file cannot be read, or a column is missing or ambiguous.
    """
    known = [*DATASETS, MMM]
    if request.dataset not in known:
        raise ImportRefusedError(
            f"There is no dataset {request.dataset}; the datasets are {', '.join(known)}."
            f"{did_you_mean(request.dataset, known)}"
        )
    if not request.files:
        raise ImportRefusedError("No file was named; name at least one CSV or Parquet file.")

    def is_header(cells: Sequence[str], commented: bool) -> bool:
        export = recognise(cells, commented)
        return export is not None and request.dataset in export.columns

    sources = [open_source(path, is_header) for path in request.files]
    return Import(request, [_File(source, layouts_of(source, request)) for source in sources])


class Import:
    """Files that fill one or more datasets.

    Every reading checks every row again, and refuses the whole import at its end if a single one
    is bad. What :meth:`batches` gave until then must not be kept: write it in one transaction.
    """

    def __init__(self, request: ImportRequest, files: Sequence[_File]) -> None:
        self._request = request
        self._files = files
        self._surveys: dict[str, Survey] = {}
        self._passes: dict[str, Pass] = {}
        self._is_checked = False

    @property
    def parts(self) -> tuple[str, ...]:
        """The datasets that it fills, in the order in which they must be written."""
        filled = {name for file in self._files for name in file.layouts}
        return tuple(name for name in DATASETS if name in filled)

    def check(self) -> Summary:
        """Read everything, keep nothing, and give the summary.

        Raises
        ------
        ImportRefusedError
            With the first problems and the number of bad rows, over all files and datasets.
        """
        problems = Problems()
        for dataset in self.parts:
            for _ in self._read(dataset, problems):
                pass
        problems.refuse_if_any()
        self._refuse_constant_outcome()
        self._is_checked = True
        return self.summary

    def batches(self, dataset: str) -> Iterator[pd.DataFrame]:
        """Give the rows of one of :attr:`parts` as conformed frames, one part at a time.

        An import of several datasets is checked as a whole before its first row is given.

        Raises
        ------
        ImportRefusedError
            After the last row, if any row was bad.
        """
        if dataset not in self.parts:
            raise ValueError(f"dataset must be one of {', '.join(self.parts)}, got {dataset}")
        if len(self.parts) > 1 and not self._is_checked:
            self.check()
        problems = Problems()
        yield from self._read(dataset, problems)
        problems.refuse_if_any()

    @property
    def summary(self) -> Summary:
        """What was read; every part must have been read to its end."""
        missing = [name for name in self.parts if name not in self._surveys]
        if missing:
            raise RuntimeError(f"{', '.join(missing)} must be read before there is a summary")
        warnings: list[str] = []
        parts = [self._part(self._surveys[name], warnings) for name in self.parts]
        currency = next((p.currency for p in self._passes.values() if p.currency), "")
        ours = self._request.currency
        if currency and ours and currency.upper() != ours.upper():
            warnings.insert(0, f"The files are in {currency}, the tenant's currency is {ours}.")
        notes = [
            note for f in self._files for layout in f.layouts.values() for note in layout.notes
        ]
        return Summary(
            dataset=self._request.dataset,
            files=tuple(self._file(file) for file in self._files),
            parts=tuple(parts),
            currency=currency,
            notes=tuple(dict.fromkeys(notes)),
            warnings=tuple(warnings),
        )

    def _read(self, dataset: str, problems: Problems) -> Iterator[pd.DataFrame]:
        survey = Survey(DATASETS[dataset], self._request.timezone)
        state = Pass(problems)
        gathering = Gathering(DATASETS[dataset])
        for file in self._files:
            layout = file.layouts.get(dataset)
            if layout is None:
                continue
            export = layout.export
            for frame in Reading(file.source, layout, state).frames():
                if export is None:
                    yield survey.add(frame)
                else:
                    gathering.add(file.source.name, frame, export.combine.get(dataset))
            if export is not None and dataset in export.finish:
                gathering.finish_by(export.finish[dataset])
        if not problems.count():
            for frame in gathering.frames():
                yield survey.add(frame)
            if not sum(state.rows.values()):
                names = ", ".join(file.source.name for file in self._files)
                raise ImportRefusedError(f"{names}: there is a header, but no row.")
        survey.duplicates += gathering.duplicates
        survey.close()
        self._surveys[dataset], self._passes[dataset] = survey, state

    def _refuse_constant_outcome(self) -> None:
        if self._request.dataset != MMM:
            return
        values = self._surveys["outcomes"].totals()["value"]
        if values.min() == values.max():
            rows = "its only row" if len(values) == 1 else f"all {len(values)} rows"
            raise ImportRefusedError(
                f"The outcome {self._request.outcome or 'revenue'} is {values.min():g} in {rows}; "
                "a model needs one that changes. Name another column with --outcome."
            )

    def _part(self, survey: Survey, warnings: list[str]) -> PartSummary:
        name = survey.dataset.name
        totals = survey.totals()
        rhythm = review.cadence_of(totals["date"])
        gaps = review.find_gaps(totals, *rhythm) if rhythm else ()
        if survey.duplicates:
            rows = "1 row was" if survey.duplicates == 1 else f"{survey.duplicates:,} rows were"
            warnings.append(
                f"{name}: {rows} replaced by a later row with the same "
                f"{', '.join(survey.dataset.key)}."
            )
        for column, counter in survey.counts.items():
            warnings += review.about_spelling(column, counter)
        if survey.start is not None and survey.end is not None:
            warnings += review.about_dates(name, survey.start, survey.end, self._today())
        if rhythm:
            warnings += review.about_weekdays(totals["date"], rhythm[0])
            warnings += review.about_gaps(name, gaps, rhythm[0])
        if name == "spend":
            warnings += review.about_spend(totals)
        if name == "outcomes":
            warnings += review.about_outcomes(totals)
        return PartSummary(
            dataset=name,
            rows=survey.rows,
            duplicates=survey.duplicates,
            start=survey.start.date() if survey.start is not None else None,
            end=survey.end.date() if survey.end is not None else None,
            cadence=rhythm[0] if rhythm else None,
            names=survey.names(),
            gaps=gaps,
        )

    def _file(self, file: _File) -> FileSummary:
        name = file.source.name
        used = {place for layout in file.layouts.values() for place in layout.positions()}
        exports = [layout.export.name for layout in file.layouts.values() if layout.export]
        plain = "Parquet" if isinstance(file.source, ParquetSource) else "CSV"
        states = [self._passes[dataset] for dataset in file.layouts]
        return FileSummary(
            name=name,
            format=exports[0] if exports else plain,
            rows=max(state.rows[name] for state in states),
            left_out=min(state.left_out[name] for state in states),
            ignored=tuple(
                column or f"column {place + 1}"
                for place, column in enumerate(file.source.header)
                if place not in used
            ),
        )

    def _today(self) -> dt.date:
        zone = ZoneInfo(self._request.timezone)
        return self._request.today or dt.datetime.now(zone).date()
