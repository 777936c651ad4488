"""A snapshot of a few frames, opened."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pandas as pd
import pytest

from apportion.journeys import snapshot
from apportion.journeys.snapshot import Snapshot

Opener = Callable[[pd.DataFrame, pd.DataFrame], Snapshot]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opener]:
    """Write frames as a snapshot of their own and open it until the test ends."""
    with ExitStack() as stack:

        def open_snapshot(touchpoints: pd.DataFrame, conversions: pd.DataFrame) -> Snapshot:
            folder = tmp_path / f"tenant-{len(list(tmp_path.iterdir()))}"
            snapshot.write(folder, [touchpoints], [conversions], fingerprint="as tested")
            return stack.enter_context(snapshot.read(folder))

        yield open_snapshot
