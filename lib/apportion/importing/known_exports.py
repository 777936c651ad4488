"""Exports of well-known tools: recognised by their columns, and how these become ours.

The columns are those of the tools' exports in English. Where a tool writes commas between
thousands, they are allowed here, and only here. Rows that are finer than a key (ad groups, devices)
are added up.

References
----------
.. [1] Fivetran, dbt_ad_reporting: models ``ad_reporting__*_report``.
.. [2] Shopify Help Center, "Exporting orders": one row a line item, the order's own columns on the
   first of them only.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from apportion.importing import shopify

Cells = Mapping[str, pa.Array]
"""Stripped text of some columns of a part of the file, by the name :func:`spelled` gives."""

RowFilter = Callable[[str, Cells], NDArray[np.bool_]]
"""Says which rows of a part of the file to keep for a dataset; it may remember rows."""

Combine = Callable[[pd.DataFrame, Sequence[str]], pd.DataFrame]
"""Makes one row of all rows of a file with the same key."""

COMMENTS = "# comments"
"""Stands in a signature for comment lines before the header."""


@dataclass(frozen=True)
class KnownExport:
    """How one tool's export is recognised, and what it is mapped to."""

    name: str
    signature: tuple[tuple[str, ...], ...]
    """Of each group one column must be there."""
    columns: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Dataset to our column to theirs, the first that is there."""
    measures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of a wide dataset: metric to their column, the first that is there."""
    constants: Mapping[str, str] = field(default_factory=dict)
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Our column to their values to ours."""
    may_be_empty: frozenset[str] = frozenset()
    grouped: bool = False
    """Whether numbers have commas between thousands."""
    blank: str = ""
    """What the tool writes where it has no value."""
    reads: tuple[str, ...] = ()
    """More columns that `new_filter` and `unlike` want, where they are there."""
    new_filter: Callable[[], RowFilter] | None = None
    """Makes the filter for one reading of all files."""
    unlike: tuple[str, str, str] | None = None
    """Two columns that must be equal in every row where the first is used, and what to do."""
    combine: Mapping[str, Combine] = field(default_factory=dict)
    """Dataset to what makes one row of a key's rows, where the export is finer than the key."""
    finish: Mapping[str, Callable[[pd.DataFrame], pd.DataFrame]] = field(default_factory=dict)
    """Dataset to what is done to the rows of all files together."""
    note: str = ""
    """What a person should know of the mapping."""


def spelled(column: str) -> str:
    """Give a column's name as signatures have it: lower case, without "(USD)" at its end."""
    return re.sub(r"\s*\([A-Z]{3}\)$", "", " ".join(column.split())).lower()


def currency_in(column: str) -> str:
    """Give the currency that a column's name ends with, as in "Amount spent (USD)", or nothing."""
    found = re.search(r"\(([A-Z]{3})\)$", column.strip())
    return found.group(1) if found else ""


def recognise(header: Sequence[str], commented: bool) -> KnownExport | None:
    """Give the export that has such a header, or None."""
    names = {spelled(column) for column in header} | ({COMMENTS} if commented else set())
    return next(
        (
            export
            for export in KNOWN_EXPORTS
            if all(any(column in names for column in group) for group in export.signature)
        ),
        None,
    )


def add_up(frame: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
    """Give one row a key with the sums of all numbers; nothing but missing ones stay missing."""
    numbers = [name for name in frame if name not in key]
    return frame.groupby(list(key), as_index=False, sort=False)[numbers].sum(min_count=1)


def _leaving_out(column: str, pattern: str) -> Callable[[], RowFilter]:
    def keep(_: str, cells: Cells) -> NDArray[np.bool_]:
        return ~np.asarray(pc.match_substring_regex(cells[column], pattern))

    return lambda: keep


AD_REPORT = KnownExport(
    name="Fivetran ad report",
    signature=(("date_day",), ("platform",), ("spend",)),
    columns={
        "spend": {
            "date": ("date_day",),
            "channel": ("platform",),
            "spend": ("spend",),
            "campaign": ("campaign_name",),
            "impressions": ("impressions",),
            "clicks": ("clicks",),
        }
    },
    translations={
        "channel": {
            "facebook_ads": "meta",
            "google_ads": "google",
            "tiktok_ads": "tiktok",
            "microsoft_ads": "microsoft",
            "amazon_ads": "amazon",
            "apple_search_ads": "apple_search",
            "linkedin_ads": "linkedin",
            "pinterest_ads": "pinterest",
            "reddit_ads": "reddit",
            "snapchat_ads": "snapchat",
            "twitter_ads": "twitter",
        }
    },
    combine={"spend": add_up},
    note="accounts and ad groups are added up per day, platform and campaign",
)

META_ADS = KnownExport(
    name="Meta Ads export",
    signature=(("day", "reporting starts"), ("amount spent",), ("campaign name",)),
    columns={
        "spend": {
            "date": ("day", "reporting starts"),
            "spend": ("amount spent",),
            "campaign": ("campaign name",),
            "region": ("region",),
            "impressions": ("impressions",),
            "clicks": ("link clicks", "clicks (all)"),
        }
    },
    constants={"channel": "meta"},
    grouped=True,
    reads=("campaign name", "reporting starts", "reporting ends"),
    new_filter=_leaving_out("campaign name", "^$"),
    unlike=("reporting starts", "reporting ends", "one day a row: export it broken down by day"),
    combine={"spend": add_up},
    note="ad sets and ads are added up per day and campaign; rows without a campaign are summaries",
)

GOOGLE_ADS = KnownExport(
    name="Google Ads export",
    signature=(
        ("day",),
        ("campaign",),
        ("cost",),
        ("impr.", "currency code", "avg. cpc", "interactions", "cost / conv."),
    ),
    columns={
        "spend": {
            "date": ("day",),
            "spend": ("cost",),
            "campaign": ("campaign",),
            "impressions": ("impr.", "impressions"),
            "clicks": ("clicks",),
        }
    },
    constants={"channel": "google"},
    grouped=True,
    blank="--",
    reads=("day",),
    new_filter=_leaving_out("day", r"(?i)^(|--|total.*)$"),
    combine={"spend": add_up},
    note="ad groups and devices are added up per day and campaign; total rows are left out",
)

SHOPIFY_ORDERS = KnownExport(
    name="Shopify orders export",
    signature=(
        ("name",),
        ("email",),
        ("financial status",),
        ("total",),
        ("created at", "paid at"),
        ("lineitem name",),
        ("lineitem quantity",),
        ("lineitem price",),
    ),
    columns={
        "conversions": {
            "order_id": ("name",),
            "customer_id": ("email",),
            "timestamp": ("created at", "paid at"),
            "revenue": ("total",),
            "email": ("email",),
        },
        "order_items": {
            "order_id": ("name",),
            "product": ("lineitem name",),
            "quantity": ("lineitem quantity",),
            "unit_price": ("lineitem price",),
        },
    },
    constants={"is_new_customer": "no"},
    may_be_empty=frozenset({"customer_id", "email"}),
    reads=("name", "financial status", "total", "cancelled at", "lineitem name"),
    new_filter=shopify.OrderFilter,
    combine={"order_items": shopify.join_items},
    finish={"conversions": shopify.finish_orders},
    note=(
        "an email is a customer, and the first order of an email in these files is a new "
        "customer's; revenue is the order's total, before refunds; voided, expired and cancelled "
        "orders are left out"
    ),
)

GA4 = KnownExport(
    name="Google Analytics 4 export",
    signature=(
        ("date",),
        (
            COMMENTS,
            "session default channel group",
            "session primary channel group (default channel group)",
            "default channel group",
        ),
        ("sessions", "total revenue", "purchase revenue", "transactions", "ecommerce purchases"),
    ),
    columns={"outcomes": {"date": ("date",), "region": ("region",)}},
    measures={
        "revenue": ("total revenue", "purchase revenue"),
        "orders": ("transactions", "ecommerce purchases"),
        "sessions": ("sessions",),
        "engaged_sessions": ("engaged sessions",),
        "new_users": ("new users",),
        "key_events": ("key events", "conversions"),
    },
    grouped=True,
    reads=("date",),
    new_filter=_leaving_out("date", r"(?i)^(|totals?|grand total)$"),
    combine={"outcomes": add_up},
    note="channel groups are added up per day; rows without a date are totals",
)

KNOWN_EXPORTS = (AD_REPORT, META_ADS, GOOGLE_ADS, SHOPIFY_ORDERS, GA4)
