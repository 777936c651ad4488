"""A fitted model as it is stored: posterior draws and the data they belong to, without PyMC.

The bytes are a compressed npz archive of plain arrays (no pickle): draws in single precision,
the data as they were, so that a version can still be read when its source data have changed. The
experiments are not among them: what they did is in the results.
"""

import io
from dataclasses import astuple, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from apportion.errors import DataError
from apportion.mmm import baseline, priors
from apportion.mmm.adstock import adstock
from apportion.mmm.data import MediaMixData
from apportion.mmm.days import ARRAYS, Rows, weekly
from apportion.mmm.noise import whitened
from apportion.mmm.priors import ChannelPrior
from apportion.mmm.saturation import hill
from apportion.mmm.scaling import inputs, outcome_scale

FORMAT = 3
FORMAT_BY_DAY = 4
"""Of a daily model: the same, and its days."""

MAX_DRAWS = 1000
"""Draws kept: enough for the ends of a 90 % interval, and a few hundred kilobytes."""

_MOST_LEFT_OUT = 0.95


@dataclass(frozen=True, eq=False)
class Draws:
    """Posterior draws, each (n_draws, n_channels) unless said otherwise."""

    alpha: NDArray[np.float64]
    """Retention from week to week."""
    half_saturation: NDArray[np.float64]
    """In mean weeks (in a daily model: days, as below) of the channel's spend."""
    slope: NDArray[np.float64]
    log_roi: NDArray[np.float64]
    """Log of the return over all training weeks."""
    beta: NDArray[np.float64]
    """Highest possible effect of a week, in mean weeks of the outcome."""
    sigma: NDArray[np.float64]
    """Residual standard deviation in mean weeks of the outcome, by day of what the days before do
    not tell, (n_draws,)."""
    baseline: NDArray[np.float64]
    """Coefficients of the baseline's columns, (n_draws, n_columns)."""


_NAMES = tuple(Draws.__annotations__)


_PER_CHANNEL = ("alpha", "half_saturation", "slope", "log_roi", "beta")


@dataclass(frozen=True, eq=False)
class FittedMMM:
    """The posterior of a media mix model and the data it was fitted to."""

    draws: Draws
    """Of the channels with spend."""
    data: MediaMixData
    organic_draws: Draws | None = None
    """Of the channels without spend, if there are any; `sigma` and `baseline` are the same."""

    @classmethod
    def from_samples(
        cls,
        samples: dict[str, NDArray[np.float64]],
        data: MediaMixData,
        rng: np.random.Generator,
    ) -> tuple["FittedMMM", float]:
        """Keep draws without a negative baseline, evenly spread, at most `MAX_DRAWS`.

        Parameters
        ----------
        samples : dict of ndarray
            Each (n_draws, …), channels with spend before organic ones, without the baseline, whose
            coefficients are drawn here.

        Returns
        -------
        FittedMMM
            In single precision, as it is stored. If fewer than one in twenty draws has no negative
            baseline, all are kept: such a model must be refused.
        float
            Share of the draws whose baseline was negative in some week.
        """
        linear = baseline.of(data)
        rows = data.rows
        scaled = rows.outcome / outcome_scale(data)
        media = _media(samples, data)
        left = scaled - linear.offset - media
        drawn = baseline.coefficients(
            whitened(linear.columns, rows.autoregression),
            whitened(left.T, rows.autoregression).T,
            samples["sigma"],
            rng,
        )
        without = linear.offset + drawn @ linear.columns.T
        negative = weekly(without, rows.per_week).min(1) < 0
        share = float(negative.mean())
        allowed = np.flatnonzero(~negative) if share < _MOST_LEFT_OUT else np.arange(len(negative))
        size = min(len(allowed), MAX_DRAWS)
        kept = allowed[np.linspace(0, len(allowed) - 1, size).round().astype(np.intp)]
        whole = {name: _single(samples[name][kept]) for name in (*_PER_CHANNEL, "sigma")}
        return cls.split(Draws(**whole, baseline=_single(drawn[kept])), data), share

    @classmethod
    def split(cls, draws: Draws, data: MediaMixData) -> "FittedMMM":
        """Part the draws of all channels into those with spend and organic ones."""
        count = len(data.channels)
        if not data.organic:
            return cls(draws, data)
        paid = {name: getattr(draws, name)[:, :count] for name in _PER_CHANNEL}
        organic = {name: getattr(draws, name)[:, count:] for name in _PER_CHANNEL}
        return cls(replace(draws, **paid), data, replace(draws, **organic))

    @property
    def peak(self) -> NDArray[np.float64]:
        """Weeks after the spend at which each channel's effect is strongest, (n_channels,)."""
        return priors.table(self.data.channel_priors)["peak"]

    @property
    def organic(self) -> "FittedMMM | None":
        """The organic channels as a model of their own, volume in the place of spend."""
        if self.organic_draws is None:
            return None
        rows = self.data.daily
        seen = replace(
            self.data,
            channels=self.data.organic,
            spend=self.data.volume,
            daily=rows and replace(rows, spend=rows.volume, volume=rows.volume[:, :0]),
            priors=(priors.ORGANIC,) * len(self.data.organic),
            organic=(),
            lifts=(),
        )
        return FittedMMM(self.organic_draws, seen)

    def to_bytes(self) -> bytes:
        """Give the stored form."""
        arrays: dict[str, NDArray[np.generic]] = {
            name: self._all(name).astype(np.float32) for name in _NAMES
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
            "priors": np.array([astuple(prior) for prior in data.channel_priors]),
            "organic": np.array(data.organic, dtype=np.str_),
            "volume": data.volume if data.organic else np.zeros((data.n_weeks, 0)),
        }
        if data.daily is not None:
            by_day = {f"day_{name}": getattr(data.daily, name) for name in ARRAYS}
            arrays |= by_day | {"format": np.array(FORMAT_BY_DAY)}
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
            if found not in (FORMAT, FORMAT_BY_DAY):
                raise DataError(
                    f"The stored model has form {found}; this version of Apportion reads the forms "
                    f"{FORMAT} and {FORMAT_BY_DAY}. Train the model again."
                )
            by_day = found == FORMAT_BY_DAY
            data = MediaMixData(
                weeks=arrays["weeks"].astype("datetime64[D]"),
                channels=tuple(map(str, arrays["channels"])),
                control_names=tuple(map(str, arrays["control_names"])),
                spend=arrays["spend"],
                outcome=arrays["outcome"],
                controls=arrays["controls"],
                outcome_name=str(arrays["outcome_name"]),
                priors=tuple(ChannelPrior(*map(float, row)) for row in arrays["priors"]),
                organic=tuple(map(str, arrays["organic"])),
                volume=arrays["volume"],
                daily=Rows(**{name: arrays[f"day_{name}"] for name in ARRAYS}) if by_day else None,
            )
            return cls.split(Draws(**{name: _single(arrays[name]) for name in _NAMES}), data)

    def _all(self, name: str) -> NDArray[np.float64]:
        own: NDArray[np.float64] = getattr(self.draws, name)
        if self.organic_draws is None or name not in _PER_CHANNEL:
            return own
        return np.hstack([own, getattr(self.organic_draws, name)])


def _media(samples: dict[str, NDArray[np.float64]], data: MediaMixData) -> NDArray[np.float64]:
    """Give what all channels bring in each row, (n_draws, n_rows), in mean rows."""
    given, per_week = inputs(data), data.rows.per_week
    peak = priors.table(given.priors)["peak"]
    out = np.zeros((len(samples["alpha"]), data.rows.size))
    for row in range(len(peak)):  # one by one: all draws of all channels' days are many numbers
        own = slice(row, row + 1)
        flight, alpha = given.flights[:, own], samples["alpha"][:, own]
        carried = adstock(flight, alpha, peak[own], per_week=per_week)[:, 0]
        effect = hill(carried, samples["half_saturation"][:, own], samples["slope"][:, own])
        out += samples["beta"][:, own] * effect
    return out


def _single(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Round to what is stored, so that a fresh and a stored model give the same figures."""
    return values.astype(np.float32).astype(np.float64)
