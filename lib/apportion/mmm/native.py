"""The density as a C function, so that the sampler's threads never wait for Python.

nutpie calls two functions by their address: one for the log density and its gradient, one for what
is kept of a draw. Both get the data as one block of numbers: four sizes, then the arrays of
:class:`apportion.mmm.density.Arguments` one after another.
"""

from typing import Any

import numba
import numpy as np
from nutpie.compile_pymc import CompiledPyMCModel
from numba import types
from numpy.typing import NDArray

from apportion.mmm.density import Arguments, betas, density, start

SAMPLED = ("alpha", "half_saturation", "slope_excess", "log_roi", "sigma")
"""The parameters that the sampler moves."""

_KEPT = (*SAMPLED, "slope", "beta")
_SIZES = 4
_DOUBLES = types.CPointer(types.double)
_DENSITY = types.int64(types.uint64, _DOUBLES, _DOUBLES, _DOUBLES, types.voidptr)
_EXPAND = types.int64(types.uint64, types.uint64, _DOUBLES, _DOUBLES, types.voidptr)


def sampler_model(given: Arguments) -> CompiledPyMCModel:
    """Give the density of `given` as nutpie takes it; nothing is compiled but once per machine."""
    channels = len(given.totals)
    shapes = [() if name == "sigma" else (channels,) for name in _KEPT]
    sizes = [int(np.prod(shape)) for shape in shapes]
    ends = np.cumsum(sizes)
    slices = [slice(int(end) - size, int(end)) for end, size in zip(ends, sizes, strict=True)]
    return CompiledPyMCModel(
        _n_dim=4 * channels + 1,
        dims={},
        _coords={},
        _shapes=dict(zip(_KEPT, shapes, strict=True)),
        compiled_logp_func=_density_at,
        compiled_expand_func=_expanded_at,
        initial_point_func=lambda seed: start(given, seed),
        shared_data={},
        shared_var_keys={},
        user_data=_packed(given),
        n_expanded=int(ends[-1]),
        shape_info=(list(_KEPT), slices, shapes),
        logp_func=None,
        expand_func=None,
    )


def _packed(given: Arguments) -> NDArray[np.float64]:
    channels, weeks = given.flights.shape
    sizes = [channels, weeks, len(given.explained), len(given.tested)]
    return np.concatenate([np.array(sizes, float), *(np.ravel(array) for array in given)])


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _unpacked(address):  # type: ignore[no-untyped-def]
    """Give the arrays of a block, without a copy but for the tests' channels."""
    sizes = numba.carray(address, (_SIZES,), np.float64)
    c, t, k, n = int(sizes[0]), int(sizes[1]), int(sizes[2]), int(sizes[3])
    length = _SIZES + c * t + c + t + k * t + k + 4 * c + n + 3 * n * t + 2 * n
    block = numba.carray(address, (length,), np.float64)
    at = _SIZES
    flights = block[at : at + c * t].reshape(c, t)
    at += c * t
    totals = block[at : at + c]
    at += c
    outcome = block[at : at + t]
    at += t
    directions = block[at : at + k * t].reshape(k, t)
    at += k * t
    explained = block[at : at + k]
    at += k
    roi_mean = block[at : at + c]
    at += c
    roi_sd = block[at : at + c]
    at += c
    retention_a = block[at : at + c]
    at += c
    retention_b = block[at : at + c]
    at += c
    tested = block[at : at + n].astype(np.int64)
    at += n
    more = block[at : at + n * t].reshape(n, t)
    at += n * t
    less = block[at : at + n * t].reshape(n, t)
    at += n * t
    counted = block[at : at + n * t].reshape(n, t)
    at += n * t
    estimate = block[at : at + n]
    at += n
    standard_error = block[at : at + n]
    return (
        flights,
        totals,
        outcome,
        directions,
        explained,
        roi_mean,
        roi_sd,
        retention_a,
        retention_b,
        tested,
        more,
        less,
        counted,
        estimate,
        standard_error,
    )


def _density_at(size: Any, point_: Any, gradient_: Any, value_: Any, address: Any) -> Any:
    point = numba.carray(point_, (size,))
    gradient = numba.carray(gradient_, (size,))
    value = numba.carray(value_, (1,))
    found, slope = density(point, *_unpacked(address))
    value[0] = found
    gradient[:] = slope
    if not np.all(np.isfinite(slope)):
        return 3
    return 0 if np.isfinite(found) else 4


def _expanded_at(size: Any, kept: Any, point_: Any, out_: Any, address: Any) -> Any:
    point = numba.carray(point_, (size,))
    out = numba.carray(out_, (kept,))
    given = _unpacked(address)
    c = len(given[1])
    for channel in range(c):
        excess = np.exp(point[2 * c + channel])
        out[channel] = 1 / (1 + np.exp(-point[channel]))
        out[c + channel] = np.exp(point[c + channel])
        out[2 * c + channel] = excess
        out[3 * c + channel] = point[3 * c + channel]
        out[4 * c + 1 + channel] = 1 + excess
    out[4 * c] = np.exp(point[4 * c])
    out[5 * c + 1 :] = betas(point, given[0], given[1])
    return 0


_density_at = numba.cfunc(_DENSITY, cache=True)(_density_at)
_expanded_at = numba.cfunc(_EXPAND, cache=True)(_expanded_at)
