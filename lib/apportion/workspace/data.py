"""The source data of one tenant: what is there, and what comes in."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from apportion.frames import DATASETS
from apportion.importing.summary import Gap, Summary
from apportion.results.data import DataCoverage, DatasetCoverage
from apportion.store import Coverage, TenantStore
from apportion.store import ImportRecord as ImportRecord

if TYPE_CHECKING:  # they bring pyarrow along, which no page needs
    from apportion.importing import ImportRequest, Recognition

OnRows = Callable[[int], None]
"""Told how many more rows were handled."""


@dataclass(frozen=True)
class ImportOptions:
    """How the columns of the files are called; the last four are for ``mmm`` files."""

    columns: Mapping[str, str] = field(default_factory=dict)
    date: str | None = None
    outcome: str | None = None
    spend: tuple[str, ...] = ()
    control: tuple[str, ...] = ()


class DataWorkspace:
    """The tenant's datasets.

    Parameters
    ----------
    store : TenantStore
    after_import : callable, optional
        Told the name of a dataset of which a file has been stored.
    """

    def __init__(
        self, store: TenantStore, after_import: Callable[[str], None] = lambda _: None
    ) -> None:
        self._store = store
        self._after_import = after_import

    def holds(self, dataset: str) -> bool:
        """Whether there is any row of `dataset`."""
        return self._store.covers(dataset).rows > 0

    def covers(self, dataset: str) -> Coverage:
        """Give how many rows of `dataset` there are, and from which day to which."""
        return self._store.covers(dataset)

    def coverage(self) -> DataCoverage:
        """Give how much there is of every dataset."""
        return DataCoverage(datasets=tuple(self._coverage(dataset) for dataset in DATASETS))

    def _coverage(self, dataset: str) -> DatasetCoverage:
        found = self._store.covers(dataset)
        return DatasetCoverage(
            dataset=dataset, rows=found.rows, first_day=found.first, last_day=found.last
        )

    def store_frames(self, frames: Mapping[str, pd.DataFrame], on_rows: OnRows) -> int:
        """Store frames that conform to their datasets: all or none."""
        # In the order of DATASETS, in which an order comes before its items.
        parts = [(name, [frames[name]]) for name in DATASETS if name in frames]
        return self._store.write_all(parts, _steps(on_rows))

    def import_files(
        self,
        dataset: str,
        files: Sequence[Path],
        options: ImportOptions,
        *,
        dry_run: bool = False,
        on_rows: OnRows = lambda _: None,
    ) -> Summary:
        """Check every row of `files`, then store all of them, or none.

        Parameters
        ----------
        dataset : str
            A dataset of the specification, or ``mmm``: one wide file.
        dry_run : bool
            Check everything and store nothing.

        Raises
        ------
        ImportRefusedError
            If anything is wrong in any row; it says what was found where, and what is allowed.
        """
        from apportion.importing import read  # pyarrow, which no page needs

        imported = read(self._request(dataset, files, options))
        if dry_run:
            return imported.check()
        parts = ((name, imported.batches(name)) for name in imported.parts)
        self._store.write_all(parts, _steps(on_rows))
        for file, found in zip(files, imported.summary.files, strict=True):
            self._store.record_import(dataset, file.name, found.rows, _sha256(file))
        self._after_import(dataset)
        return imported.summary

    def recognise(
        self, dataset: str, files: Sequence[Path], options: ImportOptions
    ) -> tuple["Recognition", ...]:
        """Give what the columns of each file would be taken for; no row is read.

        Raises
        ------
        ImportRefusedError
            If a file cannot be read at all.
        """
        from apportion.importing import recognised

        return recognised(self._request(dataset, files, options))

    def imports(self) -> list[ImportRecord]:
        """Give every file that was imported, newest first."""
        return self._store.imports()

    def gaps(self, dataset: str) -> tuple[Gap, ...]:
        """Give the days or weeks that are missing in each series of a dataset, the worst first.

        Only daily and weekly data have gaps: spend, outcomes and controls.
        """
        from apportion.importing.review import cadence_of, find_gaps
        from apportion.importing.survey import Survey

        readers = {
            "spend": self._store.spend,
            "outcomes": self._store.outcomes,
            "controls": self._store.controls,
        }
        if dataset not in readers or not self.holds(dataset):
            return ()
        survey = Survey(DATASETS[dataset], self._store.tenant.timezone)
        survey.add(readers[dataset]())
        totals = survey.totals()
        rhythm = cadence_of(totals["date"])
        return find_gaps(totals, *rhythm) if rhythm else ()

    def _request(
        self, dataset: str, files: Sequence[Path], options: ImportOptions
    ) -> "ImportRequest":
        from apportion.importing import ImportRequest

        return ImportRequest(
            dataset=dataset,
            files=list(files),
            columns=options.columns,
            timezone=self._store.tenant.timezone,
            currency=self._store.tenant.currency,
            date=options.date,
            outcome=options.outcome,
            spend=options.spend,
            control=options.control,
        )


def _steps(on_rows: OnRows) -> OnRows:
    """Turn a count of all rows so far into steps."""
    before = 0

    def step(total: int) -> None:
        nonlocal before
        on_rows(total - before)
        before = total

    return step


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
