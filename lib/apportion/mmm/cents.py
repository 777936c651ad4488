"""Amounts as they are paid: whole cents that sum to the total exactly."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

DIGITS: Mapping[str, int] = {
    **dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF"), 0),
    **dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 3),
}
"""Digits of the smallest unit where it is not a hundredth (ISO 4217)."""

_ROUNDING = 1e-6


def digits_of(currency: str) -> int:
    """Give the digits after the point that amounts of a currency have."""
    return DIGITS.get(currency, 2)


def in_cents(amount: float, digits: int) -> int:
    """Give an amount as a whole number of its smallest unit."""
    return round(amount * 10.0**digits)


def whole_cents(
    split: NDArray[np.float64],
    total: float,
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
    *,
    digits: int = 2,
) -> NDArray[np.float64]:
    """Round a split to whole cents, by largest remainders.

    Parameters
    ----------
    split, lower, upper : ndarray, shape (n_channels,)
        Amounts that sum to `total`, between their limits.
    digits : int
        Of the smallest unit after the point.

    Returns
    -------
    ndarray, shape (n_channels,)
        Whole cents whose sum is that of `total`, rounded. A limit that is no whole cent may be
        passed by less than one.
    """
    unit = 10**digits
    exact = split * unit
    least = np.floor(lower * unit + _ROUNDING).astype(np.int64)
    most = np.maximum(np.ceil(upper * unit - _ROUNDING).astype(np.int64), least)
    cents = np.clip(np.floor(exact).astype(np.int64), least, most)
    missing = in_cents(total, digits) - int(cents.sum())
    while missing:
        step = 1 if missing > 0 else -1
        movable = (cents < most) if step > 0 else (cents > least)
        if not movable.any():
            break  # the limits sum to less than a cent beside the total
        order = np.argsort(-step * (exact - cents), kind="stable")
        chosen = [row for row in order if movable[row]][: abs(missing)]
        cents[chosen] += step
        missing -= step * len(chosen)
    return np.asarray(cents / unit)
