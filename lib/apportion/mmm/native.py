"""The density as nutpie takes it: two C functions by their address, and the data as one block."""

import ctypes

import numpy as np
from numpy.typing import NDArray
from nutpie.compile_pymc import CompiledPyMCModel

from apportion.mmm.density import KEPT, Arguments, density_at, expanded_at, packed, start


def sampler_model(given: Arguments) -> CompiledPyMCModel:
    """Give the density of `given` as nutpie takes it; nothing is compiled but once per machine."""
    channels = len(given.totals)
    shapes = [() if name == "sigma" else (channels,) for name in KEPT]
    sizes = [int(np.prod(shape)) for shape in shapes]
    ends = np.cumsum(sizes)
    slices = [slice(int(end) - size, int(end)) for end, size in zip(ends, sizes, strict=True)]
    return CompiledPyMCModel(
        _n_dim=4 * channels + 1,
        dims={},
        _coords={},
        _shapes=dict(zip(KEPT, shapes, strict=True)),
        compiled_logp_func=density_at,
        compiled_expand_func=expanded_at,
        initial_point_func=lambda seed: start(given, seed),
        shared_data={},
        shared_var_keys={},
        user_data=packed(given),
        n_expanded=int(ends[-1]),
        shape_info=(list(KEPT), slices, shapes),
        logp_func=None,
        expand_func=None,
    )


def density_of(
    block: NDArray[np.float64], point: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Give what the sampler gets for a point: the density and gradient by the C function."""
    gradient, value = np.empty_like(point), np.empty(1)
    doubles = ctypes.POINTER(ctypes.c_double)
    status = density_at.ctypes(
        len(point),
        point.ctypes.data_as(doubles),
        gradient.ctypes.data_as(doubles),
        value.ctypes.data_as(doubles),
        block.ctypes.data,
    )
    assert status == 0
    return float(value[0]), gradient
