"""How long journeys take: ``python benchmarks/journeys.py [N ...]``, N touchpoints (1e5 and 1e6).

For each size a process of its own makes customers' touchpoints and conversions, writes the
snapshot and analyses it, and tells the seconds of each stage and the peak memory. Where
ChannelAttribution is installed, it is given the same paths, in memory, and timed beside ours: equal
paths grouped, three rules, and Markov, against our five rules and exact Markov on the same paths.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from apportion.journeys import analysis, counts, markov, paths, ragged, sequences, snapshot
from apportion.journeys.tally import tally
from apportion.journeys.training import train
from apportion.results.journeys import AttributionSettings

CHANNELS = ["meta", "google", "tiktok", "email", "direct", "affiliate", "organic", "display"]
CHANNELS += ["sms", "podcast"]
SETTINGS = AttributionSettings(window_days=30)
START = pd.Timestamp("2025-01-01", tz="UTC")
BATCH_CUSTOMERS = 100_000
CONVERSION_RATE = 0.3
PIECE_PATHS = 10_000
"""Paths whose shares stay in the processor's cache."""


def customers(count: int, seed: int) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Give customers' touchpoints and conversions: 3.6 touchpoints to a path, 30 % convert."""
    rng = np.random.default_rng(seed)
    chances = [0.22, 0.2, 0.1, 0.12, 0.14, 0.05, 0.08, 0.04, 0.03, 0.02]
    for first in range(0, count, BATCH_CUSTOMERS):
        size = min(BATCH_CUSTOMERS, count - first)
        lengths = np.minimum(rng.geometric(0.28, size), 30)
        owner = np.repeat(np.arange(size), lengths)
        rows = len(owner)
        channel = rng.choice(10, rows, p=chances)
        ends = rng.integers(30 * 86_400, 365 * 86_400, size)
        age = np.minimum(rng.exponential(60 * 3600, rows), 29 * 86_400)
        touched = pd.DataFrame(
            {
                "touchpoint_id": pd.Series(first * 30 + np.arange(rows)).map("t{:010d}".format),
                "customer_id": pd.Series(first + owner).map("c{:09d}".format),
                "timestamp": START + pd.to_timedelta((ends[owner] - age).astype(int), unit="s"),
                "channel": pd.Categorical.from_codes(channel, CHANNELS),
                "campaign": pd.Series(channel * 5 + rng.integers(0, 5, rows)).map("c{:02d}".format),
                "device": rng.choice(["mobile", "desktop", "tablet"], rows),
            }
        )
        buyers = np.flatnonzero(rng.random(size) < CONVERSION_RATE)
        bought = pd.DataFrame(
            {
                "order_id": pd.Series(first + buyers).map("o{:09d}".format),
                "customer_id": pd.Series(first + buyers).map("c{:09d}".format),
                "timestamp": START + pd.to_timedelta(ends[buyers], unit="s"),
                "revenue": rng.gamma(2, 40, len(buyers)),
                "is_new_customer": rng.random(len(buyers)) < 0.5,
            }
        )
        yield touched, bought


class Clock:
    """Seconds since the last look, in time passed and in processor time."""

    def __init__(self) -> None:
        self._wall, self._processor = time.perf_counter(), time.process_time()

    def tell(self, stage: str) -> float:
        """Print the stage's figures and give its seconds."""
        wall, processor = time.perf_counter(), time.process_time()
        passed, worked = wall - self._wall, processor - self._processor
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{stage:44} {passed:8.2f} s {worked:8.2f} s processor {peak:7.0f} MB", flush=True)
        self._wall, self._processor = time.perf_counter(), time.process_time()
        return passed


def measure(touchpoints: int) -> None:
    """Measure one size, in this process."""
    count = round(touchpoints / 3.57)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_source(folder, count)
        clock = Clock()
        snapshot.write(
            folder / "tenant",
            _batches(folder, "touched"),
            _batches(folder, "bought"),
            fingerprint="benchmark",
        )
        clock.tell("snapshot written")
        with snapshot.read(folder / "tenant") as opened:
            rows = opened.touchpoints.count().execute()
            print(f"{rows} touchpoints, {opened.conversions.count().execute()} conversions")
            clock = Clock()
            analysis.analyse(opened, SETTINGS)
            clock.tell("whole analysis, from the snapshot")
            _stages(opened)


def _stages(opened: snapshot.Snapshot) -> None:
    clock, coded = Clock(), opened.kinds
    cut = paths.cut(opened.touchpoints, 30)
    with paths.whole(cut, coded).cache() as found:
        clock.tell("  paths, one row each")
        sets = counts.sets(found)
        counts.common(found, sequence="word", customer=None, limit=10)
        counts.lengths(found)
        clock.tell("  sets, common paths, lengths")
        peer_seconds = _peer(found, coded)
    clock = Clock()
    counts.transitions(cut, order=1)
    clock.tell("  transitions, from the snapshot")
    with cut.select("group", "before", "player", "part").cache() as in_memory:
        clock = Clock()
        moves = counts.transitions(in_memory, order=1)
        ours_seconds = clock.tell("  transitions, from paths in memory")
    _effects(moves, coded)
    ours_seconds += clock.tell("  Markov, solved")
    tally(opened.touchpoints, SETTINGS)
    clock.tell("  all credit tables' sums, from the snapshot")
    table = paths.serving(opened.touchpoints, 30).to_pyarrow()
    served = {name: table[name].to_numpy() for name in table.column_names}
    clock = Clock()
    _rules(served)
    ours_seconds += clock.tell("  five rules by channel, from paths in memory")
    train(moves, sets, coded, SETTINGS, np.random.default_rng(0))
    clock.tell("  both models with 200 replicates")
    if peer_seconds is not None:
        ratio = peer_seconds / ours_seconds
        print(f"ChannelAttribution takes {ratio:.1f} times as long over rules and Markov")


def _effects(moves: pd.DataFrame, coded: pd.DataFrame) -> None:
    groups = np.unique(moves["group"].to_numpy(np.int64))
    players = int(coded["player"].max()) + 1
    markov.removal_effects(markov.moves(moves, channels=players, order=1, groups=groups))


def _rules(served: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Give each channel's conversions and revenue under the five rules."""
    players, revenue = served["player"].astype(np.int64), served["revenue"]
    starts = np.append(np.flatnonzero(served["starts"]), len(players))
    ages = served["age"] / paths.MICROSECONDS_PER_HOUR
    channels = int(players.max()) + 1
    totals = {str(model): np.zeros((2, channels)) for model in ragged.RULES}
    for first in range(0, len(starts) - 1, PIECE_PATHS):
        bounds = starts[first : first + PIECE_PATHS + 1]
        piece = slice(bounds[0], bounds[-1])
        for model, rule in ragged.RULES.items():
            shares = rule(bounds - bounds[0], ages[piece], SETTINGS)
            totals[str(model)] += [
                np.bincount(players[piece], weights, channels)
                for weights in (shares, shares * revenue[piece])
            ]
    return totals


def _peer(found: paths.Table, coded: pd.DataFrame) -> float | None:
    """Give the seconds that ChannelAttribution takes over the same paths, if it is there."""
    try:
        import ChannelAttribution
    except ImportError:
        return None
    names = coded.drop_duplicates("code").set_index("code")["channel"].to_dict()
    form = sequences.digits(coded)
    frame = found.select("word_0", "word_1", "converted", "revenue").to_pandas()
    text = {
        words: " > ".join(names[code] for code in sequences.unpack(tuple(map(int, words)), form))
        for words in set(zip(frame["word_0"], frame["word_1"], strict=True))
    }
    table = pd.DataFrame(
        {
            "path": [text[words] for words in zip(frame["word_0"], frame["word_1"], strict=True)],
            "won": frame["converted"].astype(int),
            "value": frame["revenue"].fillna(0.0),
            "lost": (~frame["converted"]).astype(int),
        }
    )
    clock = Clock()
    grouped = table.groupby("path", as_index=False).sum()
    seconds = clock.tell("  ChannelAttribution: equal paths grouped")
    ChannelAttribution.heuristic_models(grouped, "path", "won", var_value="value", flg_pro=False)
    seconds += clock.tell("  ChannelAttribution: three rules")
    ChannelAttribution.markov_model(
        grouped, "path", "won", var_value="value", var_null="lost", flg_pro=False, verbose=False
    )
    return seconds + clock.tell("  ChannelAttribution: Markov, simulated")


def _write_source(folder: Path, count: int) -> None:
    for number, (touched, bought) in enumerate(customers(count, seed=0)):
        touched.to_parquet(folder / f"touched-{number:04}.parquet")
        bought.to_parquet(folder / f"bought-{number:04}.parquet")


def _batches(folder: Path, name: str) -> Iterator[pd.DataFrame]:
    return (pd.read_parquet(path) for path in sorted(folder.glob(f"{name}-*.parquet")))


if __name__ == "__main__":
    sizes = [round(float(text)) for text in sys.argv[1:]] or [100_000, 1_000_000]
    if len(sizes) == 1:
        measure(sizes[0])
    else:
        for size in sizes:
            print(f"\n{size:,} touchpoints")
            subprocess.run([sys.executable, __file__, str(size)], check=True)
