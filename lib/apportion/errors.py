"""Every error that Apportion raises on purpose.

::

    ApportionError
    ├── ConfigurationError       settings, database or roles are not in order
    │   └── UnreachableError     the database does not answer; it may in a moment
    ├── NotFoundError            not there, or another tenant's: the two cannot be told apart
    ├── ConflictError            it would collide with something that exists or runs
    │   └── AlreadyRequestedError  a run that waits or runs does the same: which one
    ├── ParameterError           a run was asked for with a parameter that does not fit
    │   └── FieldError           and it is known which: where, what was found, what is allowed
    ├── RunFailedError           a run ended without a result
    ├── NotSignedInError         it is not known who asks
    ├── TooManyAttemptsError     sign-in failed too often; wait
    ├── ForbiddenError           it is known who asks, and they may not
    └── DataError                the data cannot answer
        ├── ImportRefusedError   a file was refused; nothing of it was stored
        ├── NotEnoughDataError   too few weeks, rows or regions
        └── ModelRefusedError    a model was fitted, but must not be believed

Each message says what is wrong, what was found, and what to do. The command line, the pages and
the API show it as it is; any other exception is a bug and goes to the log with its traceback.
"""

from collections.abc import Sequence
from typing import Protocol


class ApportionError(Exception):
    """The root of all errors raised on purpose."""


class ConfigurationError(ApportionError):
    """Settings, database or roles are not in order."""


class UnreachableError(ConfigurationError):
    """The database does not answer; it may in a moment."""


class NotFoundError(ApportionError):
    """It is not there, or it is another tenant's: the two cannot be told apart."""


class ConflictError(ApportionError):
    """It would collide with something that exists or runs."""


class AlreadyRequestedError(ConflictError):
    """A run that waits or runs already does what was asked for.

    Parameters
    ----------
    kind, run_id : str
        The run that is there. The version that a run of `mmm` trains has the run's id.
    status : str
        Whether it waits or runs.
    """

    def __init__(self, kind: str, run_id: str, status: str) -> None:
        self.kind = kind
        self.run_id = run_id
        super().__init__(
            f"A run of {kind!r} is {status} already ({run_id}). Wait until it has ended, or cancel "
            "it, then ask again."
        )


class ParameterError(ApportionError):
    """A run was asked for with a parameter that does not fit."""


class FieldError(ParameterError):
    """One field of what was asked for does not fit.

    Parameters
    ----------
    field : sequence of str
        The field's name; for a field inside of a field, both.
    found, allowed : str
        What it holds, and what it may hold, as a reader understands it.
    """

    def __init__(self, *field: str, found: str, allowed: str) -> None:
        self.field = field
        self.found = found
        self.allowed = allowed
        super().__init__(f"{'.'.join(field)}: found {found}; allowed: {allowed}.")


class RunFailedError(ApportionError):
    """A run ended without a result."""


class NotSignedInError(ApportionError):
    """It is not known who asks."""


class TooManyAttemptsError(ApportionError):
    """Sign-in failed too often with this account or from this address.

    Parameters
    ----------
    retry_after_seconds : int
        How long to wait before the next attempt is looked at.
    """

    def __init__(self, retry_after_seconds: int) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(
            f"Too many attempts to sign in. Wait {retry_after_seconds} seconds, then try again."
        )


class ForbiddenError(ApportionError):
    """It is known who asks, and they may not."""


class DataError(ApportionError):
    """The data cannot answer what was asked."""


class NotEnoughDataError(DataError):
    """Too few weeks, rows or regions."""


class ModelRefusedError(DataError):
    """A model was fitted, but its checks say that it must not be believed."""


class Problem(Protocol):
    """One thing that is wrong in a file: where, what was found, what is allowed."""

    def __str__(self) -> str: ...


class ImportRefusedError(DataError):
    """A file was refused whole; nothing of it was stored.

    Parameters
    ----------
    summary : str
        One sentence: which file, how many problems.
    problems : sequence of Problem
        The first problems found, in order of rows.
    """

    def __init__(self, summary: str, problems: Sequence[Problem] = ()) -> None:
        self.summary = summary
        self.problems = tuple(problems)
        super().__init__("\n".join([summary, *(f"  {problem}" for problem in self.problems)]))
