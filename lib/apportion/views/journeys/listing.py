"""The list of conversions: a row per order, with its touchpoints in order and in time."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from markupsafe import Markup

from apportion.results.journeys import Customer, CustomerJourney
from apportion.results.tenants import Tenant
from apportion.views import theme
from apportion.views.channels import ChannelLook, channel_looks
from apportion.views.journeys.durations import duration
from apportion.views.journeys.story import is_direct
from apportion.views.parts import cards
from apportion.views.parts.icons import icon

MOST_ICONS = 6
APART = 5.5
"""Percent of the line that two touchpoints keep between them, so that none hides another."""

FIRST_ROWS = 10
"""Shown before somebody asks for all."""


def journey_list(
    journeys: Sequence[CustomerJourney],
    tenant: Tenant,
    window_days: int,
    *,
    most: int = FIRST_ROWS,
) -> Markup:
    """Give the table; `most` rows of it, and below it how many there are."""
    shown = journeys[:most]
    looks = channel_looks(
        touchpoint.channel for journey in journeys for touchpoint in journey.touchpoints
    )
    rows = cards.joined(_row(journey, tenant, looks, window_days) for journey in shown)
    heads = cards.joined(
        Markup('<th scope="col" class="{}">{}</th>').format(classes, text)
        for text, classes in (
            ("Order", ""),
            ("Touchpoints, in order", ""),
            (_axis(window_days), "line"),
            ("Time to buy", "n"),
            ("Order value", "n"),
            ("Customer", ""),
            ("Bought", ""),
        )
    )
    table = Markup(
        '<div class="ap-scroll many"><table class="ap-table cards clickable"><caption>'
        "The line is the {} days before the order, stretched towards it.</caption>"
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
    ).format(window_days, heads, rows)
    return table + _below(len(shown), len(journeys))


def nothing(
    search: str, customer: Customer | None, *, has_orders: bool, shows_addresses: bool, slug: str
) -> Markup:
    """Say why the list is empty, and the way out."""
    if not has_orders:
        return cards.empty(
            "journeys",
            "No conversions yet",
            "A journey is an order and the touchpoints before it. Import both:",
            f"apportion import {slug} conversions orders.csv",
        )
    if search:
        text = (
            "Nothing begins so. A search looks at the beginning of order numbers and of e-mail "
            "addresses; capitals do not matter."
        )
        if not shows_addresses:
            text += " As a viewer you find an address only by writing it whole."
        if customer is not None:
            text += f" Only {customer} customers are shown."
        return cards.empty("journeys", f"No order matches “{search}”", text)
    return cards.empty(
        "journeys",
        f"No conversion of a {customer} customer",
        "All conversions that were imported are of the other kind. Show all customers instead.",
    )


def path_icons(looks: Sequence[ChannelLook], most: int = MOST_ICONS) -> Markup:
    """Give channels one after the other, as glyphs; names for who cannot see them."""
    tiles = [
        Markup('<span class="ap-dot ap-c-{}" title="{}">{}</span>').format(
            look.colour, look.name, icon(look.glyph)
        )
        for look in looks
    ]
    names = ", ".join(look.name for look in looks)
    return Markup('<span class="ap-path" role="img" aria-label="{}">{}</span>').format(
        names, _in_a_row(tiles, most)
    )


def path_chips(looks: Sequence[ChannelLook], most: int = MOST_ICONS) -> Markup:
    """Give channels one after the other, each as a glyph with its name."""
    chips = [
        Markup(
            '<span class="ap-step"><span class="ap-dot ap-c-{}" aria-hidden="true">{}</span>{}'
            "</span>"
        ).format(look.colour, icon(look.glyph), look.name)
        for look in looks
    ]
    return Markup('<span class="ap-path">{}</span>').format(_in_a_row(chips, most))


def _in_a_row(tiles: list[Markup], most: int) -> Markup:
    separator = Markup('<span class="sep" aria-hidden="true">{}</span>').format(
        icon("chevron", size=12)
    )
    if len(tiles) > most:
        more = Markup('<span class="more">{} more</span>').format(len(tiles) - most + 1)
        tiles = [*tiles[: most - 2], more, tiles[-1]]
    return separator.join(tiles)


def _row(
    journey: CustomerJourney, tenant: Tenant, looks: Mapping[str, ChannelLook], window_days: int
) -> Markup:
    hours = [
        (journey.conversion_date - touchpoint.timestamp).total_seconds() / 3600
        for touchpoint in journey.touchpoints
    ]
    mine = [looks[touchpoint.channel] for touchpoint in journey.touchpoints]
    direct = is_direct(journey)
    local = journey.conversion_date.astimezone(ZoneInfo(tenant.timezone))
    chip = (
        cards.chip("New", "info", "plus")
        if journey.is_new_customer
        else cards.chip("Returning", "", "user")
    )
    return Markup(
        '<tr class="click" data-open="{id}"><td class="lead nolabel" data-l="Order">'
        '<button type="button" class="ap-link" data-open="{id}">{id}</button><small>{email}</small>'
        '</td><td class="wide nolabel" data-l="Path">{path}</td>'
        '<td class="wide nolabel line" data-l="In time">{line}</td>'
        '<td class="n" data-l="Time to buy">{took}</td>'
        '<td class="n strong" data-l="Order value">{value}</td>'
        '<td class="side" data-l="Customer">{chip}</td><td data-l="Bought">{bought}</td></tr>'
    ).format(
        id=journey.order_id,
        email=journey.customer_email,
        path=path_icons(mine),
        line=_line(mine, hours, window_days)
        if not direct
        else Markup('<span class="muted small">not recorded</span>'),
        took="" if direct else duration(3600 * hours[0]),
        value=theme.exact_money(journey.order_total, tenant.currency),
        chip=chip,
        bought=f"{local:%a} {local.day} {local:%b}, {local:%H:%M}",
    )


def _place(hours: float, window_days: int) -> float:
    """Give where a touchpoint lies: the axis goes by the square root of time."""
    part = min(hours / (24 * window_days), 1.0)
    return float(96 * (1 - part**0.5))


def _line(looks: Sequence[ChannelLook], hours: Sequence[float], window_days: int) -> Markup:
    places = [_place(each, window_days) for each in hours]
    for later in range(len(places) - 1, 0, -1):
        places[later - 1] = max(0.0, min(places[later - 1], places[later] - APART))
    marks = cards.joined(
        Markup('<i class="ap-c-{}" style="--x:{:.1f}"></i>').format(look.colour, place)
        for look, place in zip(looks, places, strict=True)
    )
    return Markup('<span class="ap-mini" aria-hidden="true">{}<b></b></span>').format(marks)


def _axis(window_days: int) -> Markup:
    ticks = [(24.0 * window_days, f"{window_days} days"), (72.0, "3 d"), (8.0, "8 h")]
    if window_days == 7:
        ticks = [(168.0, "7 days"), (48.0, "2 d"), (6.0, "6 h")]
    labels = cards.joined(
        Markup('<span style="--x:{:.1f}">{}</span>').format(_place(hours, window_days), text)
        for hours, text in ticks
    )
    return Markup('<span class="ap-axis">{}</span>').format(labels)


def _below(shown: int, found: int) -> Markup:
    if shown == found:
        text = f"{theme.count(found, 'conversion')}, the latest first"
        return Markup('<p class="ap-foot">{}.</p>').format(text)
    return Markup(
        '<div class="ap-row between ap-more"><span class="small muted">{} of the {} latest '
        'conversions</span><button type="button" class="ap-btn" data-more="1">Show all {}'
        "</button></div>"
    ).format(shown, found, found)
