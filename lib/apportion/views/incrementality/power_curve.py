"""The power curve as a small drawing: the chance to find a lift, by its size."""

from markupsafe import Markup

from apportion.results.experiment_design import PowerCheck
from apportion.views import theme

WIDTH, HEIGHT = 560, 190
LEFT, RIGHT, TOP, BOTTOM = 44, 16, 12, 30
LARGEST = 25.0
ENOUGH = 0.8


def power_curve(power: PowerCheck) -> Markup:
    """Give the curve with the minimum effect, the MDE and the 80 % that are needed."""
    if not power.curve:
        return Markup("")
    farthest = max(LARGEST, power.minimum_effect_percent * 1.2, (power.mde_percent or 0) * 1.1)
    inner, tall = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(lift: float) -> float:
        return LEFT + inner * min(lift, farthest) / farthest

    def y(share: float) -> float:
        return TOP + tall * (1 - share)

    points = [point for point in power.curve if point.lift_percent <= farthest]
    line = " ".join(f"{x(each.lift_percent):.1f},{y(each.power):.1f}" for each in points)
    grid = Markup("").join(
        Markup(
            '<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>'
            '<text x="{}" y="{:.1f}" text-anchor="end">{}%</text>'
        ).format(
            LEFT, WIDTH - RIGHT, y(level), y(level), LEFT - 8, y(level) + 4, round(100 * level)
        )
        for level in (0.0, 0.5, 1.0)
    )
    ticks = Markup("").join(
        Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{:g}%</text>').format(
            x(lift), HEIGHT - 8, lift
        )
        for lift in (0, 5, 10, 15, 20, 25)
        if lift <= farthest
    )
    effect = power.minimum_effect_percent
    return Markup(
        '<svg class="ap-power" viewBox="0 0 {w} {h}" role="img" aria-label="{label}">{grid}{ticks}'
        '<line class="need" x1="{left}" x2="{right}" y1="{y80:.1f}" y2="{y80:.1f}"/>'
        '<text x="{needed}" y="{ytext:.1f}">80% is needed</text>'
        '<line class="effect" x1="{xe:.1f}" x2="{xe:.1f}" y1="{top}" y2="{bottom}"/>'
        '<polyline points="{line}"/><circle cx="{xe:.1f}" cy="{ye:.1f}" r="6"/></svg>'
    ).format(
        w=WIDTH,
        h=HEIGHT,
        label=summary(power),
        grid=grid,
        ticks=ticks,
        left=LEFT,
        right=WIDTH - RIGHT,
        needed=LEFT + 6,
        y80=y(ENOUGH),
        ytext=y(ENOUGH) - 5,
        xe=x(effect),
        ye=y(power.power),
        top=TOP,
        bottom=HEIGHT - BOTTOM,
        line=line,
    )


def summary(power: PowerCheck) -> str:
    """Say what the test would find."""
    if power.mde_percent is None:
        return f"No power can be promised for a lift of {power.minimum_effect_percent:g}%: " + (
            "a single region that changes may have an event of its own."
            if power.changed_regions == 1
            else "no lift that was tried is found often enough."
        )
    return (
        f"It finds a lift of {power.minimum_effect_percent:g}% in {theme.share(power.power, 0)} of "
        f"tests; with 80% power it finds {power.mde_percent:.1f}% or more "
        f"({_range(power)} in {theme.count(power.windows, 'window')} of the past)."
    )


def _range(power: PowerCheck) -> str:
    low, high = power.mde_lowest_percent, power.mde_highest_percent
    lowest = "beyond 40%" if low is None else f"{low:.1f}%"
    return f"{lowest} to {'beyond 40%' if high is None else f'{high:.1f}%'}"
