"""A result together with the words and units it is read in."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from apportion.results.mmm import ChannelEffect, HowSure, MMMResults, ModelFit
from apportion.results.mmm_settings import Grain
from apportion.views import theme
from apportion.views.channels import ChannelLook, channel_looks


def is_by_day(fit: ModelFit | None) -> bool:
    """Say whether a version was fitted to days; else to weeks."""
    return fit is not None and fit.grain is Grain.DAY


@dataclass(frozen=True)
class Reading:
    """What the sections of the page are made from."""

    results: MMMResults
    timezone: str = "UTC"

    @cached_property
    def channels(self) -> tuple[ChannelEffect, ...]:
        """The channels as the page lists them: by contribution, those that cannot be told last."""
        return tuple(
            sorted(
                self.results.channels,
                key=lambda effect: (
                    effect.how_sure is HowSure.CANNOT_TELL,
                    -effect.contribution,
                    effect.channel,
                ),
            )
        )

    @cached_property
    def looks(self) -> dict[str, ChannelLook]:
        """How each channel looks."""
        return dict(channel_looks(effect.channel for effect in self.results.channels))

    @property
    def is_money(self) -> bool:
        """Whether the outcome is in the tenant's currency; else it is a count, such as orders."""
        return self.results.outcome == "revenue"

    @property
    def noun(self) -> str:
        """The outcome's name in a sentence."""
        return self.results.outcome.replace("_", " ")

    @property
    def unit(self) -> str:
        """One unit of spend: euro, dollar, unit of spend."""
        return theme.unit_name(self.results.currency)

    @property
    def next_unit(self) -> str:
        """A short name for the return of the next unit of spend, as a column has it."""
        return f"Next {self.unit.split()[0]}"

    def name(self, effect: ChannelEffect) -> str:
        """Give a channel's name on screen."""
        return self.looks[effect.channel].name

    def names(self, effects: Iterable[ChannelEffect], most: int = 3) -> str:
        """Give channels' names as a sentence has them."""
        return theme.listing([self.name(effect) for effect in effects], most)

    def spend(self, amount: float) -> str:
        """Give an amount of spend."""
        return theme.money(amount, self.results.currency)

    def spend_on_axis(self, amount: float) -> str:
        """Give an amount of spend beside an axis."""
        return theme.on_axis(amount, self.results.currency)

    def outcome_on_axis(self, amount: float) -> str:
        """Give an amount of the outcome beside an axis."""
        return theme.on_axis(amount, self.results.currency if self.is_money else "")

    def outcome(self, amount: float) -> str:
        """Give an amount of the outcome."""
        return self.spend(amount) if self.is_money else theme.number(amount)
