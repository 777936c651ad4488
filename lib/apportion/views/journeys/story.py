"""One journey as the panel draws it: every word and figure made here, the browser only places them.

The names of the fields are those of ``panel.js``.
"""

import datetime as dt
import itertools
import math
from typing import Any
from zoneinfo import ZoneInfo

from apportion.results.journeys import (
    AttributionModel,
    AttributionSettings,
    CustomerJourney,
    Touchpoint,
)
from apportion.results.tenants import Tenant
from apportion.views import theme
from apportion.views.channels import ChannelLook, channel_looks
from apportion.views.journeys import models
from apportion.views.journeys.durations import duration, duration_in_words
from apportion.views.parts.icons import icon

_FIELDS = {
    "campaign": "Campaign",
    "platform": "Platform",
    "ad_set": "Ad set",
    "ad": "Ad",
    "device": "Device",
    "browser": "Browser",
}


def story(
    journey: CustomerJourney, tenant: Tenant, settings: AttributionSettings
) -> dict[str, Any]:
    """Give what the panel shows of a journey."""
    zone = ZoneInfo(tenant.timezone)
    looks = channel_looks(touchpoint.channel for touchpoint in journey.touchpoints)
    known = [model for model in models.ORDER if model in journey.touchpoints[0].credit_by_model]
    is_trained = len(known) == len(models.ORDER)
    end = journey.conversion_date
    value = theme.exact_money(journey.order_total, tenant.currency)
    return {
        "id": journey.conversion_id,
        "title": f"Order {journey.order_id} · {value}",
        "summary": " · ".join((journey.customer_email, _kind(journey), took(journey))),
        "label": f"{theme.count(journey.touchpoint_count, 'touchpoint')}, {took(journey)}",
        "touchpoints": [
            _touchpoint(touchpoint, looks[touchpoint.channel], end, zone, known)
            for touchpoint in journey.touchpoints
        ],
        "order": {
            "seconds": end.timestamp(),
            "day": _day(end, zone),
            "time": _time(end, zone),
            "value": value,
        },
        "gaps": _gaps(journey),
        "models": [
            {
                "id": model.value,
                "name": models.NAMES[model],
                "text": models.explanation(model, settings),
            }
            for model in known
        ],
        "note": " ".join(([] if is_trained else [models.NOT_TRAINED]) + [models.NOT_CAUSAL]),
        "customer": [
            ["Customer", journey.customer_email],
            ["Kind", _kind(journey).capitalize()],
            ["Bought", f"{_day(end, zone)}, {_time(end, zone)}"],
            ["Look back", f"{journey.window_days} days"],
        ],
        "products": [
            [
                product.product,
                theme.count(product.quantity, "piece"),
                theme.exact_money(product.quantity * product.unit_price, tenant.currency),
            ]
            for product in journey.products
        ],
    }


def took(journey: CustomerJourney) -> str:
    """Say how long the customer took."""
    first = journey.touchpoints[0].timestamp
    seconds = (journey.conversion_date - first).total_seconds()
    if is_direct(journey):
        return "no touchpoint recorded"
    return f"bought {duration(seconds)} after the first touchpoint"


def is_direct(journey: CustomerJourney) -> bool:
    """Whether no touchpoint was recorded: the one that is shown stands for none."""
    only = journey.touchpoints[0]
    return journey.touchpoint_count == 1 and only.id == f"{journey.order_id}:{only.channel}"


def _kind(journey: CustomerJourney) -> str:
    return "new customer" if journey.is_new_customer else "returning customer"


def _touchpoint(
    touchpoint: Touchpoint,
    look: ChannelLook,
    end: dt.datetime,
    zone: ZoneInfo,
    known: list[AttributionModel],
) -> dict[str, Any]:
    before = (end - touchpoint.timestamp).total_seconds()
    facts = [
        ["Channel", look.name],
        ["Time", f"{_day(touchpoint.timestamp, zone)}, {_time(touchpoint.timestamp, zone)}"],
    ]
    facts += [[title, getattr(touchpoint, name)] for name, title in _FIELDS.items()]
    facts.append(["Before the order", duration_in_words(before)])
    return {
        "id": touchpoint.id,
        "name": look.name,
        "colour": look.colour,
        "icon": str(icon(look.glyph)),
        "seconds": touchpoint.timestamp.timestamp(),
        "day": _day(touchpoint.timestamp, zone),
        "time": _time(touchpoint.timestamp, zone),
        "facts": [fact for fact in facts if fact[1]],
        "credit": {model.value: touchpoint.credit_by_model[model] for model in known},
        "said": {model.value: theme.percent(touchpoint.credit_by_model[model]) for model in known},
    }


def _gaps(journey: CustomerJourney) -> list[dict[str, Any]]:
    """Give the time between each touchpoint and what follows it; the last is followed by the order.

    `weight` grows by one with every doubling beyond an hour: minutes and weeks stay readable.
    """
    times = [touchpoint.timestamp for touchpoint in journey.touchpoints]
    times.append(journey.conversion_date)
    found = []
    for one, following in itertools.pairwise(times):
        seconds = (following - one).total_seconds()
        found.append(
            {
                "text": duration(seconds),
                "words": f"{duration_in_words(seconds)} later",
                "weight": round(math.log2(1 + seconds / 3600), 3),
            }
        )
    return found


def _day(instant: dt.datetime, zone: ZoneInfo) -> str:
    local = instant.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b}"


def _time(instant: dt.datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%H:%M}"
