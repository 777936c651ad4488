"""What one tenant tells its media mix model: settings in words, and tests run elsewhere."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pydantic import ValidationError

from apportion.errors import NotEnoughDataError, ParameterError
from apportion.results.base import Interval
from apportion.results.calibration import Direction, LiftSource, LiftTest
from apportion.results.mmm_settings import (
    BudgetSetting,
    ChannelSettings,
    DemandWarning,
    Grain,
    MMMSettings,
    PriorImplication,
)
from apportion.store import TenantStore

if TYPE_CHECKING:
    from apportion.mmm.data import MediaMixData

Experiments = Callable[[], Sequence[LiftTest]]


class MMMSettingsWorkspace:
    """The tenant's settings of the media mix model, and the lift tests that can calibrate it.

    Parameters
    ----------
    experiments : callable
        Gives the tenant's completed experiments.
    """

    def __init__(self, store: TenantStore, experiments: Experiments) -> None:
        self._store = store
        self._experiments = experiments

    def get(self) -> MMMSettings:
        """Give the settings in force."""
        return self._store.mmm_settings()

    def save(self, settings: MMMSettings) -> MMMSettings:
        """Put settings in force, from the next training on.

        Raises
        ------
        ParameterError
            If the holidays' country is not known.
        """
        from apportion.mmm.calendar_controls import check_country

        check_country(settings.holidays)
        return self._store.save_mmm_settings(settings)

    def set_channel(self, channel: str, settings: ChannelSettings) -> MMMSettings:
        """Replace one channel's settings."""
        current = self.get()
        return self.save(
            current.model_copy(update={"channels": {**current.channels, channel: settings}})
        )

    def set_budget_setting(self, channel: str, how: BudgetSetting) -> MMMSettings:
        """Say how a channel's budget is set; the rest of its settings stays."""
        own = self.get().channel(channel)
        return self.set_channel(channel, own.model_copy(update={"budget_setting": how}))

    def set_grain(self, grain: Grain) -> MMMSettings:
        """Fit models to weeks or to days, from the next training on.

        Raises
        ------
        DataError
            If days are asked for, and the data are not daily.
        """
        from apportion.workspace.mmm_data import prepared

        settings = self.get().model_copy(update={"grain": grain})
        if grain is Grain.DAY:
            prepared(self._store, settings)
        return self.save(settings)

    def implications(
        self,
        channels: str | Sequence[str] = "",
        *,
        settings: MMMSettings | None = None,
        data: "MediaMixData | None" = None,
    ) -> tuple[PriorImplication, ...]:
        """Give what settings imply before any data; None: the settings in force.

        Parameters
        ----------
        data : MediaMixData, optional
            The tenant's weeks, where they have been read already.

        Raises
        ------
        DataError
            If the data cannot carry a model.
        """
        from apportion.mmm.implications import implications
        from apportion.workspace.mmm_data import prepared

        settings = settings or self.get()
        data = prepared(self._store, settings, channels=channels) if data is None else data
        return implications(data, settings)

    def demand_warnings(self, channels: str | Sequence[str] = "") -> tuple[DemandWarning, ...]:
        """Give what the lead test says of each channel.

        Raises
        ------
        DataError
            If the data cannot carry a model.
        """
        from apportion.mmm.demand import warnings
        from apportion.workspace.mmm_data import prepared

        return warnings(prepared(self._store, self.get(), channels=channels))

    def proposals(self, data: "MediaMixData") -> tuple[tuple[DemandWarning, ...], tuple[str, ...]]:
        """Give what the lead test says of the tenant's weeks, and which effects seem to be late."""
        from apportion.mmm.delay import late_channels
        from apportion.mmm.demand import warnings

        return warnings(data), late_channels(data)

    def lift_tests(self) -> list[LiftTest]:
        """Give the tests that can calibrate the model: own experiments, and those entered."""
        return sorted(
            [*self._experiments(), *self._store.lift_tests()], key=lambda test: test.start
        )

    def switch_test(self, test_id: str, *, on: bool) -> MMMSettings:
        """Let a test calibrate the model from the next training on, or not.

        Raises
        ------
        ParameterError
            If there is no such test.
        """
        if test_id not in {test.id for test in self.lift_tests()}:
            raise ParameterError(f"There is no lift test {test_id}.")
        current = self.get()
        off = {*current.experiments_off} - {test_id} if on else {*current.experiments_off, test_id}
        return self.save(current.model_copy(update={"experiments_off": tuple(sorted(off))}))

    def add_lift_test(
        self,
        *,
        name: str,
        channel: str,
        start: dt.date,
        end: dt.date,
        outcome_share: float,
        lift: float,
        lift_interval: Interval,
        direction: Direction = Direction.OFF,
        spend_factor: float | None = 0.0,
        outcome: str = "",
    ) -> LiftTest:
        """Enter a test that was run elsewhere, as its lift with a 90 % interval, and its dates.

        The incremental outcome follows from the tenant's own outcome in these days.

        Parameters
        ----------
        lift : float
            Outcome with more spend over that with less, less 1: 0.05 is 5 %.
        outcome : str
            The metric that the lift is of; empty: the one that models explain.

        Raises
        ------
        ParameterError
            If the test contradicts itself.
        NotEnoughDataError
            If there is no outcome in its days.
        """
        from apportion.workspace.mmm_data import total_outcome

        if end < start:
            raise ParameterError(f"The test ends on {end}, before it starts on {start}.")
        if not 0 < outcome_share <= 1:
            raise ParameterError(
                f"The regions' share of the outcome must be above 0 and at most 100%; found "
                f"{outcome_share:.0%}."
            )
        observed = outcome_share * total_outcome(self._store, outcome, start, end)
        if not observed > 0:
            raise NotEnoughDataError(
                f"There is no outcome from {start} to {end}. Import it first; the lift is turned "
                "into an amount by it."
            )

        def amount(value: float) -> float:
            return observed * (value / (1 + value) if direction is Direction.ON else value)

        try:
            test = LiftTest(
                id="",
                name=name.strip(),
                channel=channel.strip(),
                start=start,
                end=end,
                outcome_share=outcome_share,
                lift=lift,
                lift_interval=lift_interval,
                incremental_outcome=amount(lift),
                incremental_outcome_interval=Interval(
                    lower=amount(lift_interval.lower), upper=amount(lift_interval.upper)
                ),
                direction=direction,
                spend_factor=spend_factor,
                source=LiftSource.ENTERED,
            )
        except ValidationError as error:
            raise ParameterError("; ".join(each["msg"] for each in error.errors())) from error
        if not lift_interval.lower <= lift <= lift_interval.upper:
            raise ParameterError(
                f"The lift {lift:g} lies outside of its own interval, {lift_interval.lower:g} to "
                f"{lift_interval.upper:g}."
            )
        return self._store.add_lift_test(test)

    def remove_lift_test(self, test_id: str) -> None:
        """Remove a test that was entered; NotFoundError if there is none."""
        self._store.remove_lift_test(test_id)
