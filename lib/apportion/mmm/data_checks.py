"""What to know of the data before a model is trained on them, and what to do about it."""

import numpy as np

from apportion.mmm.data import WEEKS_A_YEAR, MediaMixData
from apportion.mmm.weeks import as_date
from apportion.results.mmm import Check, CheckLevel

ADVISED_WEEKS = 2 * WEEKS_A_YEAR

MIN_WEEKS_FOR_HOLDOUT = 78
"""A year for last year's weeks, and as much again as is held out twice to learn from."""

HARDLY_VARIES = 0.05
"""Standard deviation of a channel's weeks over their mean, below which nothing shows its effect."""

LATE = 1 / 3
"""Share of the weeks before a channel's first spend from which on it starts late."""


def checks_before(data: MediaMixData) -> tuple[Check, ...]:
    """Give every caution about the data, those of their making among them."""
    return (*_few_weeks(data), *_constant(data), *_late(data), *data.checks)


def _few_weeks(data: MediaMixData) -> tuple[Check, ...]:
    if data.n_weeks >= ADVISED_WEEKS:
        return ()
    unseen = (
        ""
        if data.n_weeks >= MIN_WEEKS_FOR_HOLDOUT
        else " Too few also to hold some out, so that nothing will show how well it forecasts."
    )
    return (
        _caution(
            "few_weeks",
            f"Only {data.n_weeks} weeks; {ADVISED_WEEKS} or more are advised, so that the season "
            f"is seen twice and not mistaken for advertising.{unseen} Choose an earlier start, or "
            "import older data.",
        ),
    )


def _constant(data: MediaMixData) -> tuple[Check, ...]:
    mean = data.spend.mean(0)
    spread = data.spend.std(0) / np.where(mean > 0, mean, 1.0)
    return tuple(
        _caution(
            "constant_spend",
            f"The spend of {name} hardly changes from week to week (by {share:.0%}), so that "
            "nothing shows what it brings. Vary it for some weeks, or test it; its estimate will "
            "be what was assumed before.",
            name,
        )
        for name, share in zip(data.channels, spread, strict=True)
        if share < HARDLY_VARIES
    )


def _late(data: MediaMixData) -> tuple[Check, ...]:
    first = (data.spend > 0).argmax(0)
    return tuple(
        _caution(
            "late_start",
            f"{name} starts only on {as_date(data.weeks[week])}: {data.n_weeks - week} of "
            f"{data.n_weeks} weeks tell what it brings, and what else began then is mistaken for "
            "it. Choose a later start of the training data, or test it.",
            name,
        )
        for name, week in zip(data.channels, first, strict=True)
        if week >= LATE * data.n_weeks
    )


def _caution(code: str, message: str, *channels: str) -> Check:
    return Check(code=code, level=CheckLevel.CAUTION, message=message, channels=channels)
