"""What follows a channel: the transition matrix, a bar per row, which a phone can show too."""

from markupsafe import Markup

from apportion.views import theme
from apportion.views.journeys.reading import Reading
from apportion.views.parts import cards

ORDER, NOTHING = "order", "nothing"


def flow(reading: Reading) -> Markup:
    """Give for the start and for every channel the share of what comes next."""
    counts: dict[str, dict[str, int]] = {}
    for step in reading.results.paths.flows:
        source = step.source or ""
        target = step.target or (ORDER if step.converted else NOTHING)
        of_source = counts.setdefault(source, {})
        of_source[target] = of_source.get(target, 0) + step.count
    channels = sorted(
        (name for name in counts if name), key=lambda name: -sum(counts[name].values())
    )
    if not channels:
        return Markup()
    sources = [*([""] if "" in counts else []), *channels]
    rows = cards.joined(_row(reading, source, counts[source], channels) for source in sources)
    closing = max(channels, key=lambda name: _share(counts[name], ORDER))
    share = theme.share(_share(counts[closing], ORDER))
    return cards.card(
        cards.title(
            f"{reading.name(closing)} is most often followed by an order: {share} of the time",
            "After the start, and after each touch of a channel: what comes next. All paths, also "
            "those that ended without an order.",
        ),
        cards.key(
            *((reading.name(name), "", reading.looks[name].colour) for name in channels),
            ("An order", "order", ""),
            ("No order", "no-order", ""),
        ),
        Markup('<div class="ap-stacks">{}</div>').format(rows),
        cards.foot(
            "Read a row from left to right: of all touches of the channel, how many were followed "
            "by which other. Paths that are still open count as without an order so far."
        ),
    )


def _share(counts: dict[str, int], target: str) -> float:
    return counts.get(target, 0) / max(sum(counts.values()), 1)


def _row(reading: Reading, source: str, counts: dict[str, int], channels: list[str]) -> Markup:
    name = reading.name(source) if source else "Start"
    shares = [(target, _share(counts, target)) for target in (ORDER, NOTHING, *channels)]
    shares = [shares[0], *shares[2:], shares[1]]
    words = {ORDER: "an order", NOTHING: "no order"}
    said = ", ".join(
        f"{words.get(target) or reading.name(target)} {theme.share(share)}"
        for target, share in shares
        if share > 0
    )
    parts = cards.joined(
        Markup('<i class="{}" style="--p:{:.2f}" title="{} {}"></i>').format(
            {ORDER: "order", NOTHING: "no-order"}.get(target)
            or f"ap-c-{reading.looks[target].colour}",
            100 * share,
            words.get(target) or reading.name(target),
            theme.share(share),
        )
        for target, share in shares
        if share > 0
    )
    return Markup(
        '<span>{}</span><span class="ap-stack" role="img" aria-label="After {}: {}">{}</span>'
    ).format(name, name, said, parts)
