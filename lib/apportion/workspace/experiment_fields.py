"""What the fields of an experiment may hold, whatever the data say."""

import datetime as dt
from collections import Counter

import numpy as np

from apportion.errors import FieldError
from apportion.results.incrementality import NewExperiment

BASELINE_DAYS = 90
MIN_BASELINE_DAYS = 21
LONGEST_BASELINE_DAYS = 730
LONGEST_TEST_DAYS = 366
LONGEST_NAME = 200
MOST_REGIONS = 1000
MOST_SETS = 1000
EARLIEST, LATEST = dt.date(2000, 1, 1), dt.date(2100, 1, 1)
LARGEST_BUDGET = 9_999_999_999.99
"""What numeric(12,2) holds."""


def checked(new: NewExperiment, known: tuple[str, ...]) -> NewExperiment:
    """Give the experiment with its name and regions trimmed.

    Parameters
    ----------
    known : tuple of str
        Regions with the metric; empty: there are no data by region yet, and any name will do.

    Raises
    ------
    FieldError
        For the first field that cannot be used.
    """
    name = new.name.strip()
    _require(0 < len(name) <= LONGEST_NAME, "name", name or "nothing", "1 to 200 characters")
    _require(name.isprintable(), "name", repr(name), "characters that can be printed")
    tests = _regions("test_regions", new.test_regions, known)
    controls = _regions("control_regions", new.control_regions, known)
    both = sorted(set(tests) & set(controls))
    _require(
        not both, "control_regions", ", ".join(both), "regions that are not test regions as well"
    )
    check_dates(new.start_date)
    days = (new.end_date - new.start_date).days + 1
    _require(
        1 <= days <= LONGEST_TEST_DAYS,
        "end_date",
        new.end_date.isoformat(),
        f"a day from {new.start_date} on, at most {LONGEST_TEST_DAYS} days later",
    )
    if new.pre_test_days is not None:
        _require(
            MIN_BASELINE_DAYS <= new.pre_test_days <= LONGEST_BASELINE_DAYS,
            "pre_test_days",
            str(new.pre_test_days),
            f"{MIN_BASELINE_DAYS} to {LONGEST_BASELINE_DAYS}: with fewer days before the test, "
            "what it would have been without cannot be told",
        )
    if new.budget_estimate is not None:
        _require(
            0 <= new.budget_estimate <= LARGEST_BUDGET,
            "budget_estimate",
            f"{new.budget_estimate:g}",
            f"an amount from 0 to {LARGEST_BUDGET:.2f}",
        )
    _require(
        0 < new.minimum_effect_percent <= 100,
        "minimum_effect_percent",
        f"{new.minimum_effect_percent:g}",
        "above 0, at most 100",
    )
    _require(0 < new.margin <= 1, "margin", f"{new.margin:g}", "above 0, at most 1")
    for field, text in (("metric", new.metric or " "), ("channel", new.channel)):
        is_name = len(text) <= LONGEST_NAME and text.isprintable() and text != " "
        _require(is_name, field, repr(text[:50]), "a name of at most 200 characters")
    _check_design(new)
    return new.model_copy(update={"name": name, "test_regions": tests, "control_regions": controls})


def check_dates(start: dt.date) -> None:
    """Refuse a start that no data can have; FieldError."""
    _require(
        EARLIEST <= start <= LATEST, "start_date", start.isoformat(), f"{EARLIEST} to {LATEST}"
    )


def _check_design(new: NewExperiment) -> None:
    """Refuse a draw that does not hold together: the read-out would rank among its sets."""
    design = new.design
    if design is None:
        return
    count = len(design.regions)
    is_whole = (
        2 <= count <= MOST_REGIONS
        and 1 <= len(design.pool) <= MOST_SETS
        and 0 <= design.drawn < len(design.pool)
        and design.seed >= 0
        and np.random.default_rng(design.seed).integers(len(design.pool)) == design.drawn
        and all(drawn and all(0 <= place < count for place in drawn) for drawn in design.pool)
    )
    _require(is_whole, "design", "sets that do not fit its regions", "a design as it was drawn")


def _regions(field: str, given: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    regions = tuple(region.strip() for region in given)
    _require(0 < len(regions) <= MOST_REGIONS, field, f"{len(regions)} regions", "1 to 1,000")
    is_named = all(region and region.isprintable() for region in regions)
    _require(is_named, field, "an empty name, or one that cannot be printed", "names of regions")
    twice = [region for region, times in Counter(regions).items() if times > 1]
    _require(not twice, field, f"{', '.join(twice)} twice", "each region once")
    if known:
        unknown = [region for region in regions if region not in known]
        _require(not unknown, field, ", ".join(unknown[:5]), f"one of {_some(known)}")
    return regions


def _some(known: tuple[str, ...], most: int = 12) -> str:
    if len(known) <= most:
        return ", ".join(known)
    return f"{', '.join(known[:most])} and {len(known) - most} more"


def _require(is_fine: bool, field: str, found: str, allowed: str) -> None:
    if not is_fine:
        raise FieldError(field, found=found, allowed=allowed)
