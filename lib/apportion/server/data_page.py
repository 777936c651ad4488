"""The data page: what is loaded, missing and imported; and the way in for analysts."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from apportion.frames import DATASETS
from apportion.importing import MMM
from apportion.importing.summary import Gap
from apportion.results.accounts import Role
from apportion.server.errors import STRICT_POLICY
from apportion.server.home_data import Freshness, data_card, freshness
from apportion.server.page_handler import PageHandler
from apportion.server.pages import DATA
from apportion.views import theme
from apportion.views.parts import cards
from apportion.views.parts.tables import Cell, Column, table
from apportion.workspace import Workspace
from apportion.workspace.data import ImportRecord

MOST_IMPORTS = 20
"""Files in the list of imports."""

MOST_GAPS = 8

CHOICES = {
    MMM: "One weekly or daily file with everything",
    "spend": "Spend on ads",
    "outcomes": "Outcomes: revenue, orders, …",
    "controls": "Control variables: prices, holidays, …",
    "touchpoints": "Touchpoints",
    "conversions": "Conversions",
    "order_items": "Order items",
    "events": "Events",
}
"""What can be imported, in the order of the form."""


class DataHandler(PageHandler):
    """Shows the data of the member's tenant."""

    def initialize(self, gap_finder: "GapFinder", **shared: Any) -> None:  # type: ignore[override]
        """Take what finds gaps."""
        super().initialize(**shared)
        self.gap_finder = gap_finder

    async def get(self) -> None:
        """Write the page."""
        data = self.workspace.data
        fresh = await asyncio.to_thread(freshness, data)
        gaps = await asyncio.to_thread(self.gap_finder.find, self.workspace)
        imports = await asyncio.to_thread(data.imports)
        timezone = self.member.tenant.timezone
        parts = [data_card(fresh), gaps_card(fresh, gaps)]
        if self.member.role.includes(Role.ANALYST):
            parts.append(imports_card(imports, timezone))
        self.begin(STRICT_POLICY)
        self.finish(
            self.render_page(
                "data.html.j2",
                DATA,
                answer=answer(fresh, gaps),
                parts=parts,
                choices=CHOICES,
                most_mb=self.services.settings.upload_mb,
            )
        )


def answer(fresh: Freshness, gaps: Mapping[str, Sequence[Gap]]) -> str:
    """Say in a sentence how complete the data are."""
    if fresh.is_empty or fresh.last is None:
        return "Nothing is loaded yet"
    count = sum(len(found) for found in gaps.values())
    until = f"Data until {theme.day(fresh.last)}"
    return f"{until}, with gaps in {count} series" if count else f"{until}, without gaps"


def gaps_card(fresh: Freshness, gaps: Mapping[str, Sequence[Gap]]) -> Markup:
    """Give the series that miss days or weeks."""
    if fresh.is_empty:
        return Markup()
    found = [(dataset, gap) for dataset, each in gaps.items() for gap in each]
    if not found:
        return cards.card(
            cards.title("No day is missing", "Spend, outcomes and controls"),
            Markup('<p class="muted">Every series has a row for each of its days or weeks.</p>'),
        )
    more = len(found) - MOST_GAPS
    return cards.card(
        cards.title(
            "Some days are missing",
            "Between the first and the last of a series. A day without spend counts as none spent.",
        ),
        table(
            [
                Column("Series", "Series", "lead nolabel"),
                Column("Dataset", "Dataset", ""),
                Column("Missing", "Missing", "n"),
                Column("First missing", "First missing", "n"),
            ],
            [
                [
                    Cell(gap.name or dataset, classes="strong"),
                    Cell(theme.listing([dataset])),
                    Cell(f"{gap.missing:,}"),
                    Cell(theme.day(gap.first[0])),
                ]
                for dataset, gap in found[:MOST_GAPS]
            ],
            "Days, or weeks in weekly data",
        ),
        cards.foot(f"{more} more series have gaps.") if more > 0 else Markup(),
    )


def imports_card(imports: Sequence[ImportRecord], timezone: str) -> Markup:
    """Give the last files that were imported."""
    if not imports:
        return cards.card(
            cards.title("Last imports"),
            Markup('<p class="muted">No file yet. What you import is listed here.</p>'),
        )
    return cards.card(
        cards.title("Last imports", "Importing the same rows again replaces them"),
        table(
            [
                Column("File", "File", "lead nolabel"),
                Column("Dataset", "Dataset", ""),
                Column("Rows", "Rows", "n"),
                Column("When", "When", "n"),
            ],
            [
                [
                    Cell(record.file_name, classes="strong"),
                    Cell(record.dataset),
                    Cell(f"{record.rows:,}"),
                    Cell(theme.moment(record.imported_at, timezone)),
                ]
                for record in imports[:MOST_IMPORTS]
            ],
            "Newest first",
        ),
    )


class GapFinder:
    """Finds the gaps of every tenant's data, and remembers them until the data change.

    Reading three years of a tenant's spend takes about a second.
    """

    _MOST = 500

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], tuple[Gap, ...]] = {}

    def find(self, workspace: Workspace) -> dict[str, tuple[Gap, ...]]:
        """Give the gaps of each dataset that can have any."""
        return {dataset: self._of(workspace, dataset) for dataset in DATASETS}

    def _of(self, workspace: Workspace, dataset: str) -> tuple[Gap, ...]:
        cover = workspace.data.covers(dataset)
        key = (workspace.tenant.id, dataset, cover.rows, cover.first, cover.last)
        if key not in self._known:
            if len(self._known) >= self._MOST:
                self._known.clear()
            self._known[key] = workspace.data.gaps(dataset)
        return self._known[key]
