"""The page's markup above and below the list: answer, key figures, common paths."""

from collections.abc import Sequence

from markupsafe import Markup

from apportion.results.base import Interval
from apportion.results.journeys import AttributionModel, CommonPath, PathLength
from apportion.views import theme
from apportion.views.journeys.listing import path_chips
from apportion.views.journeys.reading import Reading, credit_of
from apportion.views.parts import cards
from apportion.views.parts.icons import icon
from apportion.views.parts.intervals import Track, interval_bar
from apportion.views.parts.tables import Cell, Column, table

DAY_HOURS = 24.0


def head(reading: Reading) -> Markup:
    """Give the answer, and what it rests on."""
    paths = reading.results.paths
    opens, closes = (
        reading.name(reading.best(model).name)
        for model in (AttributionModel.FIRST_TOUCH, AttributionModel.LAST_TOUCH)
    )
    if paths.conversions == paths.direct_conversions:
        answer = Markup("No order has a recorded touchpoint in the {} days before it").format(
            paths.window_days
        )
    else:
        answer = (
            Markup("<em>{} opens and closes</em> the most journeys").format(opens)
            if opens == closes
            else Markup("<em>{} opens</em> the most journeys and <em>{} closes</em> them").format(
                opens, closes
            )
        )
        answer += Markup(", after {} on average").format(_time_taken(paths.avg_time_to_conversion))
    facts = [
        _fact("cart", theme.count(paths.conversions, "conversion")),
        _fact("calendar", f"{paths.window_days} days before each"),
    ]
    results = reading.results
    if results.trained_at is not None:
        when = theme.moment(results.trained_at, reading.tenant.timezone)
        facts.append(_fact("clock", f"Version {results.version}, analysed {when}"))
    if reading.is_stale:
        facts.append(cards.chip("Data or settings have changed since", "warn"))
    return cards.head(answer, facts)


def figures(reading: Reading) -> Markup:
    """Give the tiles."""
    paths = reading.results.paths
    tiles = [
        cards.figure_tile(
            "Conversions",
            theme.number(paths.conversions, 4)
            if paths.conversions >= 1e5
            else f"{paths.conversions:,}",
            [_unserved(paths.direct_conversions)],
        )
    ]
    if paths.avg_touchpoints is not None:
        low, high = spread_of(paths.path_length_distribution)
        text = f"half have {low} to {high}" if low != high else f"half have {low}"
        most = max(10, high + 2)
        tiles.append(
            cards.figure_tile(
                "Touchpoints before a purchase",
                theme.number(paths.avg_touchpoints, 2),
                [f"average; {text}"],
                interval_bar(
                    paths.avg_touchpoints,
                    Interval(lower=low, upper=high, level=0.5),
                    Track(0, most),
                    label=text,
                ),
            )
        )
    tiles.append(
        cards.figure_tile(
            "Time to purchase",
            _time_taken(paths.avg_time_to_conversion),
            ["average, from the first touchpoint"],
        )
    )
    new = [row for row in reading.table("customer").rows if row.name == "new"]
    share = credit_of(new[0], AttributionModel.LINEAR).percent if new else 0.0
    tiles.append(
        cards.figure_tile(
            "New customers",
            theme.percent(share),
            ["of conversions"],
            cards.progress_bar(share / 100),
        )
    )
    return cards.figure_tiles(tiles)


def common_paths(reading: Reading, *, collapsed: bool) -> Markup:
    """Give the ten most common paths, as they are or with repeats of a channel taken as one."""
    paths = reading.results.paths
    found = paths.collapsed_paths if collapsed else paths.common_paths
    share = sum(path.count for path in found) / max(paths.conversions, 1)
    drawn = f"Conversions by path, {paths.window_days} days back. " + (
        "Repeated touches of one channel count once."
        if collapsed
        else "Each touch counts, also repeated ones."
    )
    if len(found) == 1:
        finding = f"One path brings {theme.share(share)} of conversions"
    else:
        finding = (
            f"The {_number(len(found))} most common paths bring {theme.share(share)} of conversions"
        )
    has_rate = any(path.conversion_rate is not None for path in found)
    columns = [
        Column("Path", "Path", "lead nolabel"),
        Column("", "", "wide nolabel bars"),
        Column("Conversions", "Conversions", "side n strong"),
        *([Column("Conversion rate", "Conversion rate", "n")] if has_rate else []),
        Column("Average order", "Average order", "n"),
    ]
    note = (
        "Conversion rate: of all paths that went exactly so, also those without an order, the "
        "share that ended in one."
        if has_rate
        else "No conversion rate: a path that did not convert is neither a new nor a returning "
        "customer's."
    )
    return Markup("{}{}{}").format(
        cards.title(finding, drawn),
        table(columns, [_path(reading, path, found[0].count, has_rate) for path in found], ""),
        cards.foot(note),
    )


def spread_of(lengths: Sequence[PathLength]) -> tuple[int, int]:
    """Give the first and the third quartile of the number of touchpoints."""
    total, below = sum(length.count for length in lengths), 0
    found: list[int] = []
    for length in sorted(lengths, key=lambda each: each.length):
        below += length.count
        while len(found) < 2 and below >= total * (0.25, 0.75)[len(found)]:
            found.append(length.length)
    return found[0], found[1]


def _path(reading: Reading, path: CommonPath, most: int, has_rate: bool) -> list[Cell]:
    looks = [reading.looks[channel] for channel in path.path]
    rate = "" if path.conversion_rate is None else theme.share(path.conversion_rate)
    return [
        Cell(path_chips(looks)),
        Cell(cards.progress_bar(path.count / most)),
        Cell(f"{path.count:,}"),
        *([Cell(rate)] if has_rate else []),
        Cell(theme.exact_money(path.avg_order_value, reading.tenant.currency)),
    ]


def _unserved(count: int) -> str:
    return f"{count:,} without a recorded touchpoint" if count else "each with a touchpoint"


def _time_taken(hours: float | None) -> str:
    if hours is None:
        return "unknown"
    if hours < 1:
        return theme.count(max(round(hours * 60), 1), "minute")
    if hours < 2 * DAY_HOURS:
        return theme.count(round(hours), "hour")
    return f"{hours / DAY_HOURS:.1f} days"


def _number(count: int) -> str:
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[count]


def _fact(glyph: str, text: str) -> Markup:
    return Markup("{}{}").format(icon(glyph), text)
