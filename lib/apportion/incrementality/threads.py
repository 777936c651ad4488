"""Linear algebra on one thread.

The matrices are small: waiting for other threads of a busy machine took 60 times as long as the
computation itself.
"""

from collections.abc import Callable
from functools import wraps

from threadpoolctl import threadpool_limits


def one_thread[**P, R](compute: Callable[P, R]) -> Callable[P, R]:
    """Give a function that keeps to one thread while it runs."""

    @wraps(compute)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with threadpool_limits(limits=1, user_api="blas"):
            return compute(*args, **kwargs)

    return limited
