"""A path's sequence of channels, packed into two whole numbers that every engine can group by.

A channel's code plus one is a digit of `bits` bits; a number of 62 bits holds so many of them, and
two hold a path's first touchpoints up to :func:`longest`. To know a digit's place in its path an
engine would have to sort all touchpoints. So digits are first written into a ring, at the place of
the touchpoint's rank among all of its segment, which is known; and when a path has been collected,
the ring is turned until the path's first touchpoint comes first.
"""

from typing import Any, NamedTuple

import ibis
import pandas as pd
from ibis import Table

_WORDS = 2
_WORD_BITS = 62


class Digits(NamedTuple):
    """How digits lie in two numbers."""

    bits: int
    """Of a digit."""
    per_word: int
    """Digits of a number."""


def digits(coded: pd.DataFrame) -> Digits:
    """Give how the channels of ``paths.kinds`` are packed."""
    bits = max(1, int(coded["code"].nunique()).bit_length())
    return Digits(bits, _WORD_BITS // bits)


def longest(form: Digits) -> int:
    """Give the number of touchpoints up to which a sequence is kept; a longer one is all zeros."""
    return _WORDS * form.per_word


def unpack(words: tuple[int, ...], form: Digits) -> tuple[int, ...]:
    """Give the channel codes that a packed sequence stands for."""
    mask = (1 << form.bits) - 1
    codes = (
        (word >> (form.bits * place)) & mask for word in words for place in range(form.per_word)
    )
    return tuple(code - 1 for code in codes if code)


@ibis.udf.agg.builtin(name="bit_or")  # type: ignore[untyped-decorator]  # Ibis' has no types
def bit_or(values: int) -> int:  # type: ignore[empty-body]  # the engine has it
    """Give all bits that are set in any row: Ibis has no such operation for Spark."""


def ring(name: str, channel: Any, place: Any, form: Digits, only: Any = None) -> dict[str, Any]:
    """Write each path's digits into a ring, as two aggregates of numbers.

    Parameters
    ----------
    name : str
        What the aggregates are called, followed by _0 and _1.
    channel, place : Value
        Codes; and ranks that go on by one from touchpoint to touchpoint of a path.
    only : Value, optional
        Which rows have a digit.
    """
    digit = (channel + 1).cast("int64") << (place % form.per_word * form.bits).cast("int32")
    is_low = place % longest(form) < form.per_word
    return {
        f"{name}_{number}": bit_or(
            ibis.ifelse(is_here if only is None else is_here & only, digit, 0)
        )
        for number, is_here in enumerate((is_low, ~is_low))
    }


def straightened(name: str, table: Table, first: Any, count: Any, form: Digits) -> dict[str, Any]:
    """Turn each ring until its first digit comes first.

    Parameters
    ----------
    table : Table
        With the columns of :func:`ring`.
    first, count : Value
        The least of the places that were written to, and how many.
    """
    low, high = table[f"{name}_0"], table[f"{name}_1"]
    start = first % longest(form)
    is_low = start < form.per_word
    low, high = ibis.ifelse(is_low, low, high), ibis.ifelse(is_low, high, low)
    turn = ibis.ifelse(is_low, start, start - form.per_word) * form.bits
    turn, rest = turn.cast("int32"), (form.per_word * form.bits - turn).cast("int32")
    fits = count <= longest(form)

    def joined(here: Any, there: Any) -> Any:
        below = there - ((there >> turn) << turn)
        return ibis.ifelse(fits, (here >> turn) | (below << rest), 0)

    return {f"{name}_0": joined(low, high), f"{name}_1": joined(high, low)}


def one(name: str, code: int) -> dict[str, Any]:
    """Give the sequence of a single touchpoint."""
    return {
        f"{name}_{number}": ibis.literal(0 if number else code + 1, type="int64")
        for number in range(_WORDS)
    }
