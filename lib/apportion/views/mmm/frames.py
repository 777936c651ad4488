"""The same figures as plain tables, for analysts and for a run's record."""

from collections.abc import Mapping

import pandas as pd

from apportion.results.mmm import ChannelEffect, MMMResults

_COLUMNS = {
    "contribution %": "contribution_percent",
    "ROI": "current_roi",
    "marginal ROI": "marginal_roi",
    "saturation point": "saturation_point",
}


def results_frame(results: MMMResults) -> pd.DataFrame:
    """Give the channels as a table: each estimate with the ends of its 90 % interval.

    Amounts are a week's, in the tenant's currency, over the estimate window.
    """
    return pd.DataFrame(
        [_row(effect) for effect in results.channels],
        index=pd.Index([effect.channel for effect in results.channels], name="channel"),
        columns=[
            *(f"{name}{end}" for name in _COLUMNS for end in ("", " from", " to")),
            "spend",
            "best spend",
            "highest spend",
            "contraction",
            "how sure",
        ],
    )


def weeks_frame(results: MMMResults) -> pd.DataFrame:
    """Give the outcome week by week: measured, expected with its band, and split by cause."""
    parts = results.decomposition
    if parts is None:
        return pd.DataFrame()
    columns = {
        "measured": parts.observed,
        "expected": parts.expected,
        "expected from": parts.expected_lower,
        "expected to": parts.expected_upper,
        "baseline": parts.baseline,
        **{f"from {name}": values for name, values in parts.channels.items()},
    }
    return pd.DataFrame(columns, index=pd.Index(parts.weeks, name="week"))


def curves_frame(results: MMMResults) -> pd.DataFrame:
    """Give every channel's response curve: outcome a week at spends a week."""
    rows = [
        (
            curve.channel,
            point.spend,
            point.revenue,
            point.revenue_interval.lower,
            point.revenue_interval.upper,
        )
        for curve in results.saturation_curves
        for point in curve.curve
    ]
    columns = ["channel", "spend", results.outcome, "from", "to"]
    return pd.DataFrame(rows, columns=columns).set_index("channel")


def decay_frame(results: MMMResults) -> pd.DataFrame:
    """Give the share of every channel's effect that falls on each week after the spend."""
    rows = [
        (each.channel, week, share, low, high)
        for each in results.learned
        for week, (share, low, high) in enumerate(
            zip(each.decay, each.decay_lower, each.decay_upper, strict=True)
        )
    ]
    columns = ["channel", "weeks later", "share", "from", "to"]
    return pd.DataFrame(rows, columns=columns).set_index("channel")


def learned_frame(results: MMMResults) -> pd.DataFrame:
    """Give the densities of every channel's return before and after the data."""
    rows = [
        (each.channel, roi, before, after)
        for each in results.learned
        for roi, before, after in zip(
            each.roi, each.prior_density, each.posterior_density, strict=True
        )
    ]
    columns = ["channel", "ROI", "prior density", "posterior density"]
    return pd.DataFrame(rows, columns=columns).set_index("channel")


def diagnostics_frame(results: MMMResults) -> pd.DataFrame:
    """Give the version's fit, sampling and origin as a table of one column."""
    fit, found, made = results.model_fit, results.diagnostics, results.provenance
    values: dict[str, object] = {
        "version": results.version,
        "status": results.status.value,
        "first day": results.date_range.start if results.date_range else None,
        "last day": results.date_range.end if results.date_range else None,
        "outcome": results.outcome,
        "currency": results.currency,
    }
    for part in (fit, found, made):
        if part is not None:
            values |= _plain(part.model_dump(by_alias=False))
    values["checks"] = "; ".join(f"{check.level}: {check.code}" for check in results.checks)
    known = {name: value for name, value in values.items() if value is not None}
    return pd.DataFrame({"value": pd.Series(known, dtype=object)})


def _row(effect: ChannelEffect) -> dict[str, object]:
    row: dict[str, object] = {}
    for name, field in _COLUMNS.items():
        interval = getattr(effect, f"{field}_interval")
        row[name] = getattr(effect, field)
        row[f"{name} from"] = None if interval is None else interval.lower
        row[f"{name} to"] = None if interval is None else interval.upper
    return row | {
        "spend": effect.current_spend,
        "best spend": effect.optimal_spend,
        "highest spend": effect.highest_spend,
        "contraction": effect.contraction,
        "how sure": effect.how_sure.value.replace("_", " "),
    }


def _plain(fields: Mapping[str, object]) -> dict[str, object]:
    """Give nested values on one level: an interval as two, versions as one line of text."""
    plain: dict[str, object] = {}
    for name, value in fields.items():
        match value:
            case {"lower": lower, "upper": upper}:
                plain[f"{name} from"], plain[f"{name} to"] = lower, upper
            case dict():
                plain[name] = ", ".join(f"{key} {text}" for key, text in value.items())
            case _:
                plain[name] = value
    return plain
