"""Counted transitions of paths that are written out, as the engine would count them."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from apportion.journeys import markov

COLUMNS = ["group", "before_that", "before", "player", "touchpoints", "conversions", "losses"]
WrittenPath = tuple[Sequence[int], int, int]
"""Channels as numbers, paths that converted, paths that did not."""


def transitions(paths: Iterable[WrittenPath], *, order: int, group: int = 0) -> pd.DataFrame:
    """Count what follows what."""
    rows = []
    for channels, conversions, losses in paths:
        padded = [-1, -1, *channels]
        for place, channel in enumerate(channels):
            earlier = padded[place] if order == 2 else -1
            ends = (conversions, losses) if place == len(channels) - 1 else (0, 0)
            rows.append((group, earlier, padded[place + 1], channel, conversions + losses, *ends))
    return pd.DataFrame(rows, columns=COLUMNS).groupby(COLUMNS[:4], as_index=False).sum()


def removal_effects(paths: Iterable[WrittenPath], *, channels: int, order: int = 1) -> np.ndarray:
    """Solve the chain of these paths."""
    frame = transitions(paths, order=order)
    return markov.removal_effects(
        markov.moves(frame, channels=channels, order=order, groups=np.array([0]))
    )
