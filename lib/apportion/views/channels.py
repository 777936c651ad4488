"""How a channel looks on every page: name, glyph and colour, by its id and never by its rank.

A channel that is not known keeps its own name and the neutral glyph; several of them on one page
get tones of the neutral colour, so that neighbouring areas differ. A colour never stands alone:
the name is always beside it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from apportion.words import channel_id, channel_name

_COLOURS = {
    **{
        known: known
        for known in (
            "meta", "google", "tiktok", "email", "direct", "organic", "affiliate", "display", "tv",
        )
    },
    "facebook": "meta",
    "instagram": "meta",
    "google_ads": "google",
    "affiliates": "affiliate",
    "e-mail": "email",
}  # fmt: skip
_TONES = ("others", "others-2", "others-3", "others-4")


@dataclass(frozen=True)
class ChannelLook:
    """A channel's name on screen, its glyph, its colour token without ``--ap-ch-``."""

    channel: str
    name: str
    glyph: str
    colour: str

    @property
    def css(self) -> str:
        """The colour as bqplot and CSS take it; it follows the theme."""
        return f"var(--ap-ch-{self.colour})"


def channel_look(channel: str) -> ChannelLook:
    """Give the look of one channel."""
    colour = _COLOURS.get(channel_id(channel), "others")
    return ChannelLook(channel, channel_name(channel), colour, colour)


def channel_looks(channels: Iterable[str]) -> Mapping[str, ChannelLook]:
    """Give the looks of a page's channels, so that no two have the same name.

    Unknown channels take the tones in the order of their ids, whatever their order on the page.
    """
    looks = {channel: channel_look(channel) for channel in channels}
    names = Counter(look.name for look in looks.values())
    unknown = sorted(channel for channel, look in looks.items() if look.colour == "others")
    return {
        channel: ChannelLook(
            channel,
            look.name if names[look.name] == 1 else channel,
            look.glyph,
            _TONES[unknown.index(channel) % len(_TONES)] if channel in unknown else look.colour,
        )
        for channel, look in looks.items()
    }
