"""An analysis together with the words and units it is read in."""

from dataclasses import dataclass
from functools import cached_property

from apportion.results.journeys import (
    AttributionModel,
    Credit,
    CreditRow,
    CreditTable,
    JourneyResults,
    TrueShares,
)
from apportion.results.tenants import Tenant
from apportion.views import theme
from apportion.views.channels import ChannelLook, channel_look, channel_looks


@dataclass(frozen=True)
class Reading:
    """What the sections of the page are made from."""

    results: JourneyResults
    tenant: Tenant
    is_stale: bool = False
    truth: TrueShares | None = None

    @cached_property
    def looks(self) -> dict[str, ChannelLook]:
        """How each channel looks."""
        names = {row.name for row in self.table("channel").rows}
        names |= {flow.source for flow in self.results.paths.flows if flow.source}
        names |= {flow.target for flow in self.results.paths.flows if flow.target}
        names |= {channel for path in self.results.paths.common_paths for channel in path.path}
        names |= {channel for path in self.results.paths.collapsed_paths for channel in path.path}
        return dict(channel_looks(sorted(names)))

    def table(self, dimension: str) -> CreditTable:
        """Give the credit along one dimension."""
        return next(each for each in self.results.credit if each.dimension == dimension)

    def percent(self, row: CreditRow, model: AttributionModel) -> float:
        """Give a row's share of all conversions under a model."""
        return credit_of(row, model).percent

    def best(self, model: AttributionModel) -> CreditRow:
        """Give the channel with the most credit under a model."""
        return max(self.table("channel").rows, key=lambda row: self.percent(row, model))

    def name(self, channel: str) -> str:
        """Give a channel's name on screen."""
        return self.look(channel).name

    def look(self, channel: str) -> ChannelLook:
        """Give how a channel looks, also one that no path has."""
        return self.looks[channel] if channel in self.looks else channel_look(channel)

    def money(self, amount: float) -> str:
        """Give an amount in the tenant's currency."""
        return theme.money(amount, self.tenant.currency)


def credit_of(row: CreditRow, model: AttributionModel) -> Credit:
    """Give what a model credits to a row."""
    return next(credit for credit in row.credits if credit.model is model)
