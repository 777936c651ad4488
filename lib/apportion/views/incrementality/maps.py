"""Maps of US states and of countries, drawn from the vectors that bqplot carries: no network.

The files are TopoJSON: shapes share arcs, which are stored as steps on a grid. A shape becomes one
SVG path; its colour is a class, so that a map follows the theme.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from markupsafe import Markup

from apportion.views.parts.cards import joined

Point = tuple[float, float]

LEAST_SHARE = 0.6
"""A map is shown if it has at least this share of the regions."""

SMALLEST_STEP = 0.6
"""Points that are closer on the screen are left out."""

WIDTH = 640.0
MARGIN = 0.02


@dataclass(frozen=True)
class RegionMap:
    """A map with the shapes of some regions."""

    height: float
    shapes: Mapping[str, str]
    """Region to SVG path data."""
    others: str
    """Everything else, for orientation."""


def map_of(regions: Sequence[str]) -> RegionMap | None:
    """Give the map that has most of the regions; None: they are on none (cities, for example)."""
    return _map_of(tuple(sorted(regions)))


@cache
def _map_of(regions: tuple[str, ...]) -> RegionMap | None:
    for file, project in (("USStatesMap.json", _us), ("WorldMap.json", _world)):
        known = _names(file)
        if sum(region in known for region in regions) >= LEAST_SHARE * max(len(regions), 1):
            return _drawn(file, regions, project)
    return None


def drawing(
    found: RegionMap, classes: Mapping[str, str], labels: Mapping[str, str], action: str
) -> Markup:
    """Give the map; each region is a button that reports `action` with its name.

    Parameters
    ----------
    classes, labels : mapping
        CSS class and spoken text of each region.
    """
    shapes = joined(
        Markup(
            '<path d="{}" class="{}" role="button" tabindex="0" aria-label="{}" data-act="{}" '
            'data-arg="{}"><title>{}</title></path>'
        ).format(path, classes.get(name, ""), labels.get(name, name), action, name, labels[name])
        for name, path in found.shapes.items()
    )
    return Markup(
        '<svg class="ap-map" viewBox="0 0 {:.0f} {:.0f}" role="group" aria-label="Map of the '
        'regions"><path class="rest" d="{}"/>{}</svg>'
    ).format(WIDTH, found.height, found.others, shapes)


def _drawn(file: str, regions: tuple[str, ...], project: Callable[[Point], Point]) -> RegionMap:
    arcs = _arcs(file)
    rings: dict[str, list[list[Point]]] = {}
    for shape in _named(file):
        outlines = (
            shape["arcs"]
            if shape["type"] == "Polygon"
            else [each for part in shape["arcs"] for each in part]
        )
        rings[shape["properties"]["name"]] = [
            [project(point) for point in _ring(outline, arcs)] for outline in outlines
        ]
    framing = regions if project is _world else tuple(rings)
    points = [p for name in framing for ring in rings.get(name, ()) for p in ring]
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    top, bottom = min(y for _, y in points), max(y for _, y in points)
    margin = MARGIN * (right - left)
    left, right, top, bottom = left - margin, right + margin, top - margin, bottom + margin
    scale = WIDTH / (right - left)

    def path(outline: list[list[Point]]) -> str:
        return "".join(
            _path([((x - left) * scale, (y - top) * scale) for x, y in ring]) for ring in outline
        )

    return RegionMap(
        height=(bottom - top) * scale,
        shapes={name: path(rings[name]) for name in regions if name in rings},
        others="".join(path(outline) for name, outline in rings.items() if name not in regions),
    )


def _ring(outline: Sequence[int], arcs: Sequence[Sequence[Point]]) -> list[Point]:
    points: list[Point] = []
    for number in outline:
        arc = arcs[number] if number >= 0 else tuple(reversed(arcs[~number]))
        points.extend(arc[1:] if points else arc)
    return points


def _path(ring: list[Point]) -> str:
    kept = [ring[0]]
    for x, y in ring[1:]:
        if abs(x - kept[-1][0]) + abs(y - kept[-1][1]) >= SMALLEST_STEP:
            kept.append((x, y))
    if len(kept) < 3:
        return ""
    steps = "L".join(f"{x:.1f} {y:.1f}" for x, y in kept)
    return f"M{steps}Z"


@cache
def _read(file: str) -> dict[str, Any]:
    text = resources.files("bqplot").joinpath("map_data", file).read_text(encoding="utf-8")
    read: dict[str, Any] = json.loads(text)
    return read


@cache
def _names(file: str) -> frozenset[str]:
    return frozenset(shape["properties"]["name"] for shape in _named(file))


def _named(file: str) -> list[dict[str, Any]]:
    """Give the shapes that have a name and an outline."""
    shapes = _read(file)["objects"]["subunits"]["geometries"]
    return [shape for shape in shapes if shape.get("arcs") and shape.get("properties")]


@cache
def _arcs(file: str) -> list[list[Point]]:
    data = _read(file)
    (east, north), (left, bottom) = data["transform"]["scale"], data["transform"]["translate"]
    arcs = []
    for arc in data["arcs"]:
        x = y = 0
        points = []
        for step in arc:
            x, y = x + step[0], y + step[1]
            points.append((left + x * east, bottom + y * north))
        arcs.append(points)
    return arcs


def _us(point: Point) -> Point:
    """Project by Albers' equal-area conic; Alaska and Hawaii are moved below the south-west."""
    east, north = point
    if north > 50:
        x, y = _albers(east if east < 0 else east - 360, north, (55.0, 65.0), (-154.0, 50.0))
        return -0.30 + 0.35 * x, 0.19 + 0.35 * y
    if east < -130 or east > 0:
        x, y = _albers(east, north, (8.0, 18.0), (-157.0, 20.0))
        return -0.17 + x, 0.19 + y
    return _albers(east, north, (29.5, 45.5), (-96.0, 37.5))


def _albers(east: float, north: float, parallels: tuple[float, float], centre: Point) -> Point:
    first, second = (math.radians(each) for each in parallels)
    n = (math.sin(first) + math.sin(second)) / 2
    c = math.cos(first) ** 2 + 2 * n * math.sin(first)
    radius = math.sqrt(max(c - 2 * n * math.sin(math.radians(north)), 0.0)) / n
    middle = math.sqrt(c - 2 * n * math.sin(math.radians(centre[1]))) / n
    angle = n * math.radians(east - centre[0])
    return radius * math.sin(angle), radius * math.cos(angle) - middle


def _world(point: Point) -> Point:
    """Project to equal steps of longitude and latitude, narrowed as at 40 degrees."""
    return point[0] * math.cos(math.radians(40)), -max(point[1], -58.0)
