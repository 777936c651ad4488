"""Numbers, dates and names as every page and every sentence shows them, formatted once.

Everything here gives plain text; the parts escape it. A minus is a real minus sign, and a range is
spelled "37% to 50%", because a dash between numbers reads as one.
"""

import datetime as dt
import re
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from apportion.results.base import Interval

MINUS = "\N{MINUS SIGN}"
SPACE = "\N{NO-BREAK SPACE}"

_CURRENCIES = {
    "EUR": ("€", "euro"),
    "USD": ("$", "dollar"),
    "GBP": ("£", "pound"),
    "JPY": ("¥", "yen"),
    "CHF": ("", "franc"),
}
_CHANNELS = {
    "meta": "Meta",
    "google": "Google",
    "tiktok": "TikTok",
    "email": "Email",
    "direct": "Direct",
    "organic": "Organic",
    "affiliate": "Affiliate",
    "display": "Display",
    "tv": "TV",
    "others": "Others",
    "facebook": "Facebook",
    "instagram": "Instagram",
    "google_ads": "Google Ads",
    "youtube": "YouTube",
    "linkedin": "LinkedIn",
}
_ACRONYMS = {"crm", "ctv", "dooh", "dsp", "ooh", "ppc", "pr", "sea", "sem", "seo", "sms", "tv"}
_SUFFIX = re.compile(r"[_ ](s|spend|cost)$", re.IGNORECASE)
_LONGEST = 40
_UNITS = ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k"))
_ABBREVIATED_FROM = 10_000


def money(value: float, currency: str, digits: int = 3) -> str:
    """Give an amount to `digits` significant figures: €1.94m, €148k, €4,210, €82.60.

    A currency without a sign of its own stands by its code; an empty one is left out.
    """
    return _signed(value, _symbol(currency) + _amount(abs(value), digits))


def exact_money(value: float, currency: str) -> str:
    """Give an amount as it stands on a receipt: €1,234.50."""
    digits = 0 if currency == "JPY" else 2
    return _signed(value, f"{_symbol(currency)}{abs(value):,.{digits}f}")


def number(value: float, digits: int = 3) -> str:
    """Give a quantity that is not money: 1.94m, 148k, 4,210, 82.6."""
    size = abs(value)
    text = _amount(size, digits)
    return _signed(value, text.rstrip("0").rstrip(".") if "." in text and size < 1e3 else text)


def on_axis(value: float, currency: str = "") -> str:
    """Give a round amount as short as an axis needs it: €5k, €1.2m."""
    return _signed(value, _symbol(currency) + _amount(abs(value), 3, abbreviated_from=1e3))


def percent(value: float, digits: int | None = None) -> str:
    """Give a percentage: 44%, below ten 8.2%, below a tenth <0.1%."""
    size = abs(value)
    if digits is None:
        digits = 1 if size < 9.95 else 0
    smallest = 10.0**-digits
    if 0 < size < smallest / 2:
        return f"{MINUS if value < 0 else ''}<{smallest:.{digits}f}%"
    return _signed(value, f"{size:,.{digits}f}%")


def share(fraction: float, digits: int | None = None) -> str:
    """Give a fraction as a percentage: 0.442 is 44%."""
    return percent(100 * fraction, digits)


def ratio(value: float) -> str:
    """Give a return per unit of spend: 148, 12.4, 3.6, 0.3, 0.04."""
    size = abs(value)
    if size >= 99.95:
        return _signed(value, f"{size:,.0f}" if size < 1e6 else _amount(size, 3))
    if size >= 0.095 or size == 0:
        return _signed(value, f"{size:.1f}")
    return _signed(value, f"{size:.1g}" if size >= 5e-5 else "<0.0001")


def score(value: float) -> str:
    """Give a dimensionless fit figure with two decimals: 0.93."""
    return _signed(value, f"{abs(value):.2f}")


def span(interval: Interval, form: Callable[[float], str]) -> str:
    """Give both ends of an interval: "37% to 50%"."""
    return f"{form(interval.lower)} to {form(interval.upper)}"


def unit_name(currency: str) -> str:
    """Give the word for one unit of a currency: euro, dollar; "unit of spend" for others."""
    return _CURRENCIES.get(currency, ("", "unit of spend"))[1]


def day(date: dt.date) -> str:
    """Give a date: 22 November 2026."""
    return f"{date.day} {date:%B %Y}"


def days_name(start: dt.date, end: dt.date) -> str:
    """Give a range of days: "4 November", "10 to 13 November", "30 October to 2 November"."""
    if start == end:
        return f"{start.day} {start:%B}"
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day} to {end.day} {end:%B}"
    return f"{start.day} {start:%B} to {end.day} {end:%B}"


def moment(instant: dt.datetime, timezone: str) -> str:
    """Give an instant in a time zone: 22 November 2026, 05:32 CET."""
    local = instant.astimezone(ZoneInfo(timezone))
    return f"{day(local)}, {local:%H:%M %Z}"


def duration(seconds: float) -> str:
    """Give a duration: 8 s, 1 min 42 s, 1 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def listing(names: Sequence[str], most: int = 3) -> str:
    """Give names as a sentence has them: "A, B and C", and "A, B and 3 more" beyond `most`."""
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} more"]
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def count(size: int, noun: str) -> str:
    """Give a count with its noun: 1 week, 156 weeks."""
    return f"{size:,} {noun}{'' if size == 1 else 's'}"


def channel_id(channel: str) -> str:
    """Give a channel's name as its colour and its name on screen are found by."""
    return _bare(channel).lower().replace(" ", "_")


def channel_name(channel: str) -> str:
    """Give a channel's name on screen: "Meta", "Brand search"; an unknown one keeps its own."""
    return _CHANNELS.get(channel_id(channel)) or _tidy(_bare(channel))


def _bare(channel: str) -> str:
    return _SUFFIX.sub("", channel.strip()) or channel


def _symbol(currency: str) -> str:
    if not currency:
        return ""
    return _CURRENCIES.get(currency, ("", ""))[0] or currency + SPACE


def _signed(value: float, text: str) -> str:
    return MINUS + text if value < 0 and any(digit in text for digit in "123456789") else text


def _amount(size: float, digits: int, abbreviated_from: float = _ABBREVIATED_FROM) -> str:
    """Give a size with a unit from `abbreviated_from` on, plain below."""
    if size >= 99.5:
        size = float(f"{size:.{digits}g}")
    for unit, letter in _UNITS:
        if size >= max(unit, abbreviated_from):
            return f"{size / unit:,.{digits}g}{letter}" if size < 1e15 else f"{size:.1e}"
    if size >= 99.995 or size == round(size):
        return f"{size:,.0f}"
    return f"{size:.2f}" if size >= 0.095 else f"{size:.2g}" if size >= 1e-4 else "<0.0001"


def _tidy(channel: str) -> str:
    words = re.split(r"[_\s]+", channel.strip("_ ")) if channel.strip("_ ") else [channel]
    first, *rest = [word.upper() if word.lower() in _ACRONYMS else word for word in words]
    name = " ".join([first[:1].upper() + first[1:], *rest])
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1].rstrip() + "…"
