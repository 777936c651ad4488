"""Files to typed frames: read CSV and Parquet, check every row, say what is there.

::

    imported = read(ImportRequest("spend", [Path("spend.csv")]))
    summary = imported.check()  # refuses the whole import, or says what it holds
    for dataset in imported.parts:
        tenant_store.write(dataset, imported.batches(dataset))

A file goes through these modules in order: `files` (cells), `headers` and `layouts` (which column
is what; `known_exports` for other tools' files), `cells` (text to values), `reading` (frames),
`survey` and `review` (the summary). Nothing here knows a database.
"""

from apportion.importing.imports import Import, read
from apportion.importing.problems import CellProblem
from apportion.importing.recognition import Recognition, Shape, recognised
from apportion.importing.request import MMM, ImportRequest
from apportion.importing.summary import FileSummary, PartSummary, Summary

__all__ = [
    "MMM",
    "CellProblem",
    "FileSummary",
    "Import",
    "ImportRequest",
    "PartSummary",
    "Recognition",
    "Shape",
    "Summary",
    "read",
    "recognised",
]
