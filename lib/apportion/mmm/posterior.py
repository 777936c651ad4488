"""A fitted model as it is stored: posterior draws and the data they belong to, without PyMC.

The bytes are a compressed npz archive of plain arrays (no pickle): draws in single precision,
the data as they were, so that a version can still be read when its source data have changed.
"""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apportion.errors import DataError
from apportion.mmm.data import MediaMixData

FORMAT = 1
MAX_DRAWS = 1000
"""Draws kept: enough for the ends of a 90 % interval, and a few hundred kilobytes."""


@dataclass(frozen=True, eq=False)
class Draws:
    """Posterior draws, each (n_draws, n_channels) unless said otherwise."""

    alpha: NDArray[np.float64]
    """Retention from week to week."""
    half_saturation: NDArray[np.float64]
    """In mean weeks of the channel's spend."""
    slope: NDArray[np.float64]
    log_roi: NDArray[np.float64]
    """Log of the return over all training weeks."""
    beta: NDArray[np.float64]
    """Highest possible effect of a week, in mean weeks of the outcome."""
    sigma: NDArray[np.float64]
    """Residual standard deviation in mean weeks of the outcome, (n_draws,)."""


_NAMES = tuple(Draws.__annotations__)


@dataclass(frozen=True, eq=False)
class FittedMMM:
    """The posterior of a media mix model and the data it was fitted to."""

    draws: Draws
    data: MediaMixData

    @classmethod
    def from_samples(
        cls, samples: dict[str, NDArray[np.float64]], data: MediaMixData
    ) -> "FittedMMM":
        """Keep at most `MAX_DRAWS` of the draws (n_draws, …), evenly spread, as they are stored."""
        size = len(samples["sigma"])
        kept = np.linspace(0, size - 1, min(size, MAX_DRAWS)).round().astype(np.intp)
        return cls(Draws(**{name: _single(samples[name][kept]) for name in _NAMES}), data)

    def to_bytes(self) -> bytes:
        """Give the stored form."""
        arrays: dict[str, NDArray[np.generic]] = {
            name: getattr(self.draws, name).astype(np.float32) for name in _NAMES
        }
        data = self.data
        arrays |= {
            "format": np.array(FORMAT),
            "weeks": data.weeks.astype("datetime64[D]").astype(np.int64),
            "channels": np.array(data.channels, dtype=np.str_),
            "control_names": np.array(data.control_names, dtype=np.str_),
            "spend": data.spend,
            "outcome": data.outcome,
            "controls": data.controls,
            "outcome_name": np.array(data.outcome_name),
        }
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, stored: bytes) -> "FittedMMM":
        """Read the stored form.

        Raises
        ------
        DataError
            If it was written by a version of Apportion with another form.
        """
        with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
            found = int(arrays["format"])
            if found != FORMAT:
                raise DataError(
                    f"The stored model has form {found}; this version of Apportion reads form "
                    f"{FORMAT}. Train the model again."
                )
            data = MediaMixData(
                weeks=arrays["weeks"].astype("datetime64[D]"),
                channels=tuple(map(str, arrays["channels"])),
                control_names=tuple(map(str, arrays["control_names"])),
                spend=arrays["spend"],
                outcome=arrays["outcome"],
                controls=arrays["controls"],
                outcome_name=str(arrays["outcome_name"]),
            )
            return cls(Draws(**{name: _single(arrays[name]) for name in _NAMES}), data)


def _single(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Round to what is stored, so that a fresh and a stored model give the same figures."""
    return values.astype(np.float32).astype(np.float64)
