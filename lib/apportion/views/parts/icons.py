"""The icons: 24 x 24, drawn with a 1.75 stroke in the colour of the text.

The glyphs of channels are generic on purpose: no trade marks.
"""

from collections.abc import Mapping

from markupsafe import Markup

ICONS: Mapping[str, str] = {
    "meta": (
        '<path d="M3 15.5C3 10 5 7 7.3 7c3.6 0 5.6 10 9.4 10 2.3 0 4.3-2 4.3-5s-2-5-4.3-5C13 7 '
        '11 17 7.3 17 4.8 17 3 16.5 3 14"/>'
    ),
    "google": '<path d="M20.5 12H12.5M20.5 12a8.5 8.5 0 1 1-2.6-6.1"/>',
    "tiktok": '<path d="M13 3.5v11.3a3.7 3.7 0 1 1-3.7-3.7M13 3.5c.3 3 2.3 5 5.5 5.2"/>',
    "email": (
        '<rect x="3" y="5.5" width="18" height="13" rx="2"/><path d="m3.5 7 8.5 6.5L20.5 7"/>'
    ),
    "direct": '<path d="m5 4 14 7-6 2-2.5 6.5z"/>',
    "organic": '<path d="M5 19C4 10 9 5 20 4c0 9-3.5 14-12 14M5 19c1.5-4 4-7 8-9"/>',
    "affiliate": (
        '<path d="M10 14a4 4 0 0 0 5.7.3l3.3-3.3A4 4 0 0 0 13.3 5.3L12 6.6M14 10a4 4 0 0 '
        '0-5.7-.3L5 13A4 4 0 0 0 10.7 18.7L12 17.4"/>'
    ),
    "display": (
        '<rect x="3" y="4.5" width="18" height="15" rx="2"/><path d="m3.5 16.5 5-5 4 4 2.5-2.5 '
        '5.5 5M15.5 9h.01"/>'
    ),
    "tv": (
        '<rect x="3" y="6.5" width="18" height="12" rx="2"/><path d="m8.5 2.5 3.5 4 3.5-4M9 '
        '21.5h6"/>'
    ),
    "others": '<circle cx="12" cy="12" r="8"/><path d="M8.5 12h.01M12 12h.01M15.5 12h.01"/>',
    "baseline": '<path d="M3 17h18M3 12h18M3 7h18"/>',
    "home": '<path d="M4 11 12 4l8 7v8.5a.5.5 0 0 1-.5.5H15v-6H9v6H4.5a.5.5 0 0 1-.5-.5z"/>',
    "journeys": (
        '<circle cx="5" cy="18" r="2"/><circle cx="19" cy="6" r="2"/><path d="M7 18h8a3.5 3.5 '
        '0 0 0 0-7H9a3 3 0 0 1 0-5h8"/>'
    ),
    "mmm": '<path d="M4 20V10M10 20V4M16 20v-7M21 20H3"/>',
    "incrementality": (
        '<path d="M3 17h5c5 0 6-10.5 13-11"/><path d="M12 17h9" stroke-dasharray="2.5 3.5"/>'
    ),
    "ai_insights": (
        '<path d="M12 3.5 13.8 10 20.5 12l-6.7 2L12 20.5 10.2 14 3.5 12l6.7-2zM19 3v4M21 5h-4"/>'
    ),
    "ok": '<path d="m5 12.5 4.5 4.5L19 7.5"/>',
    "bad": '<path d="M6 6l12 12M18 6 6 18"/>',
    "warn": '<path d="M12 4 21 19.5H3zM12 10v4.5M12 17h.01"/>',
    "info": '<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5.5M12 7.8h.01"/>',
    "draft": '<circle cx="12" cy="12" r="8" stroke-dasharray="3 3"/>',
    "run": '<path d="M12 4a8 8 0 1 0 8 8"/>',
    "stop": '<circle cx="12" cy="12" r="8.5"/><path d="m6.5 6.5 11 11"/>',
    "up": '<path d="M12 19V5M6 11l6-6 6 6"/>',
    "down": '<path d="M12 5v14M6 13l6 6 6-6"/>',
    "flat": '<path d="M5 12h14M13 6l6 6-6 6"/>',
    "close": '<path d="M6 6l12 12M18 6 6 18"/>',
    "chevron": '<path d="m9 5.5 6.5 6.5L9 18.5"/>',
    "caret": '<path d="m6 9 6 6 6-6"/>',
    "calendar": (
        '<rect x="4" y="5.5" width="16" height="14.5" rx="2"/><path d="M4 10.5h16M8.5 3v4M15.5 '
        '3v4"/>'
    ),
    "clock": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5.5l3.5 2"/>',
    "download": '<path d="M12 4v11M7 11l5 5 5-5M5 20h14"/>',
    "flask": (
        '<path d="M9.5 3.5h5M10.5 3.5v6L5 19a1 1 0 0 0 .9 1.5h12.2A1 1 0 0 0 19 '
        '19l-5.5-9.5v-6M7.5 15h9"/>'
    ),
    "user": '<circle cx="12" cy="8.5" r="4"/><path d="M4.5 20a7.5 7.5 0 0 1 15 0"/>',
    "data": (
        '<ellipse cx="12" cy="6" rx="7.5" ry="3"/><path d="M4.5 6v12c0 1.7 3.4 3 7.5 3s7.5-1.3 '
        '7.5-3V6M4.5 12c0 1.7 3.4 3 7.5 3s7.5-1.3 7.5-3"/>'
    ),
    "settings": (
        '<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/>'
        '<circle cx="9" cy="17" r="2"/>'
    ),
    "switch": '<path d="M4 8h14M14 4l4 4-4 4M20 16H6M10 12l-4 4 4 4"/>',
    "out": '<path d="M14 4.5H6v15h8M10.5 12H21M17 8l4 4-4 4"/>',
    "upload": '<path d="M12 20V9M7 13l5-5 5 5M5 4h14"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "cart": (
        '<path d="M3 4.5h2.5L8 15.5h10l2.5-8H6.3"/><circle cx="9.5" cy="19.5" r="1.2"/>'
        '<circle cx="16.5" cy="19.5" r="1.2"/>'
    ),
    "unlock": (
        '<rect x="5" y="10.5" width="14" height="9.5" rx="2"/><path d="M8 10.5V8a4 4 0 0 1 '
        '7.7-1.5"/>'
    ),
    "lock": (
        '<rect x="5" y="10.5" width="14" height="9.5" rx="2"/><path d="M8 10.5V8a4 4 0 0 1 8 '
        '0v2.5"/>'
    ),
}

_DRAWN = Markup(
    'fill="none" stroke="currentColor" stroke-width="1.75" '
    'stroke-linecap="round" stroke-linejoin="round"'
)


def icon(name: str, label: str = "", size: int = 18) -> Markup:
    """Give an icon: with a label it is an image, without one decoration beside its text.

    It carries its own path, so that it is drawn in JupyterLab as well, where there is no sprite.
    """
    role = (
        Markup('role="img" aria-label="{}"').format(label)
        if label
        else Markup('aria-hidden="true"')
    )
    return Markup(
        '<svg class="ap-i" width="{0}" height="{0}" viewBox="0 0 24 24" {1} {2}>{3}</svg>'
    ).format(size, _DRAWN, role, Markup(ICONS[name]))


def sprite() -> Markup:
    """Give all icons as symbols ``#i-NAME``, for the server's own pages."""
    symbols = Markup("").join(
        Markup('<symbol id="i-{}" viewBox="0 0 24 24" {}>{}</symbol>').format(
            name, _DRAWN, Markup(path)
        )
        for name, path in ICONS.items()
    )
    return Markup(
        '<svg width="0" height="0" style="position:absolute" aria-hidden="true">{}</svg>'
    ).format(symbols)
