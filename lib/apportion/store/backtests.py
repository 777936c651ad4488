"""Back-tests of one tenant's model versions: how far each was off, as the data came in."""

from uuid import UUID, uuid4

from apportion.results.backtest import BackTest
from apportion.store.operations_schema import mmm_backtests
from apportion.store.schema import mmm_models
from apportion.store.tenant_bound import TenantBound, not_found, parse_id


class BackTests(TenantBound):
    """What was measured of the versions."""

    def record_backtest(self, found: BackTest) -> None:
        """Keep a measurement; one of the same version and the same weeks is replaced.

        Raises
        ------
        NotFoundError
            If there is no such version.
        """
        model_id = parse_id(found.model_id, "model")
        document = found.model_dump(mode="json", by_alias=True)
        with self._writing() as connection:
            own = connection.select(mmm_models.c.id, of=mmm_models)
            if connection.execute(own.where(mmm_models.c.id == model_id)).one_or_none() is None:
                raise not_found("model", found.model_id)
            is_same = (
                mmm_backtests.c.model_id == model_id,
                mmm_backtests.c.last_day == found.period.end,
            )
            values = {"result": document, "measured_at": found.measured_at}
            if connection.update(mmm_backtests, *is_same, **values) == 0:
                connection.insert(
                    mmm_backtests,
                    id=uuid4(),
                    model_id=UUID(found.model_id),
                    last_day=found.period.end,
                    **values,
                )

    def backtests(self) -> list[BackTest]:
        """Give every measurement, by version, the newest version first, then by the last week."""
        with self._reading() as connection:
            statement = connection.select(mmm_backtests.c.result, of=mmm_backtests)
            is_same = mmm_backtests.c.model_id == mmm_models.c.id
            joined = connection.join(statement, mmm_models, is_same)
            order = (mmm_models.c.version.desc(), mmm_backtests.c.last_day)
            rows = connection.execute(joined.order_by(*order)).all()
        return [BackTest.model_validate(row.result) for row in rows]
