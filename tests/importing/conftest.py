"""Files written and read by the tests of importing."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from apportion.importing import Import, ImportRequest, Summary, read

TODAY = dt.date(2024, 6, 30)


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Give a function that writes text, or bytes, to a file and gives its path."""

    def save(content: str | bytes, name: str = "data.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return save


@pytest.fixture
def opened() -> Callable[..., Import]:
    """Give a function that opens files for a dataset; `columns` and the like go to the request."""

    def opened(dataset: str, *files: Path, **options: object) -> Import:
        return read(ImportRequest(dataset, files, **{"today": TODAY, **options}))

    return opened


@pytest.fixture
def load(opened) -> Callable[..., pd.DataFrame]:
    """Give a function that reads the first dataset of files into one frame."""

    def load(dataset: str, *files: Path, part: str = "", **options: object) -> pd.DataFrame:
        imported = opened(dataset, *files, **options)
        batches = list(imported.batches(part or imported.parts[0]))
        return pd.concat(batches, ignore_index=True)

    return load


@pytest.fixture
def summarise(opened) -> Callable[..., Summary]:
    """Give a function that checks files and gives the summary."""

    def summarise(dataset: str, *files: Path, **options: object) -> Summary:
        return opened(dataset, *files, **options).check()

    return summarise
