"""How long something took: short on a line, in full for who hears it."""

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


def duration(seconds: float) -> str:
    """Give a duration as a line has room for: 20 min, 3 h, 2 d 4 h, 16 d."""
    return " ".join(f"{count} {short}" for count, short, _ in _parts(seconds)) or "< 1 min"


def duration_in_words(seconds: float) -> str:
    """Give the same in full: 20 minutes, 3 hours, 2 days 4 hours."""
    return (
        " ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, _, word in _parts(seconds))
        or "less than a minute"
    )


def _parts(seconds: float) -> list[tuple[int, str, str]]:
    if seconds < MINUTE / 2:
        return []
    if seconds < 59.5 * MINUTE:
        return [(round(seconds / MINUTE), "min", "minute")]
    hours = round(seconds / HOUR)
    if hours < 24:
        return [(hours, "h", "hour")]
    if hours >= 7 * 24:
        return [(round(hours / 24), "d", "day")]
    days, rest = divmod(hours, 24)
    return [(days, "d", "day"), *([(rest, "h", "hour")] if rest else [])]
