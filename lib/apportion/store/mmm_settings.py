"""What a tenant has told the media mix model: its settings, and lift tests run elsewhere."""

from uuid import uuid4

from sqlalchemy import func

from apportion.results.calibration import LiftSource, LiftTest
from apportion.results.mmm_settings import MMMSettings
from apportion.store.mmm_schema import lift_tests, mmm_settings
from apportion.store.tenant_bound import TenantBound, not_found, now, parse_id


class ModelSettings(TenantBound):
    """The tenant's settings of the media mix model, and the lift tests that were entered."""

    def mmm_settings(self) -> MMMSettings:
        """Give the newest settings; the usual ones if there are none."""
        with self._reading() as connection:
            statement = connection.select(mmm_settings.c.settings, of=mmm_settings)
            newest = statement.order_by(mmm_settings.c.version.desc()).limit(1)
            found = connection.execute(newest).scalar_one_or_none()
        return MMMSettings() if found is None else MMMSettings.model_validate(found)

    def save_mmm_settings(self, settings: MMMSettings) -> MMMSettings:
        """Store settings as the newest; older ones stay on record."""
        with self._writing() as connection:
            connection.lock("mmm_settings")
            statement = connection.select(func.max(mmm_settings.c.version), of=mmm_settings)
            version = (connection.execute(statement).scalar_one() or 0) + 1
            connection.insert(
                mmm_settings,
                version=version,
                settings=settings.model_dump(mode="json", by_alias=True),
                created_at=now(),
            )
        return settings

    def lift_tests(self) -> list[LiftTest]:
        """Give the lift tests that were entered by hand, by their first day."""
        with self._reading() as connection:
            statement = connection.select(lift_tests.c.test, of=lift_tests)
            order = (lift_tests.c.start_date, lift_tests.c.id)
            rows = connection.execute(statement.order_by(*order)).scalars().all()
        return [LiftTest.model_validate(row) for row in rows]

    def add_lift_test(self, test: LiftTest) -> LiftTest:
        """Store a lift test that was run elsewhere, under a new id."""
        test_id = uuid4()
        stored = test.model_copy(update={"id": str(test_id), "source": LiftSource.ENTERED})
        with self._writing() as connection:
            connection.insert(
                lift_tests,
                id=test_id,
                channel=stored.channel,
                start_date=stored.start,
                end_date=stored.end,
                test=stored.model_dump(mode="json", by_alias=True),
                created_at=now(),
            )
        return stored

    def remove_lift_test(self, test_id: str) -> None:
        """Remove a lift test; versions that it has calibrated stay as they are.

        Raises
        ------
        NotFoundError
            If there is no such lift test.
        """
        with self._writing() as connection:
            is_asked = lift_tests.c.id == parse_id(test_id, "lift test")
            if connection.delete(lift_tests, is_asked) == 0:
                raise not_found("lift test", test_id)
