"""Orders and what led to them, found by index; what was analysed of them; what the tenant set."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Result, Select, func, literal
from sqlalchemy.sql import ColumnElement

from apportion.frames import CONVERSIONS
from apportion.results.journeys import Customer, JourneyResults, WindowDays
from apportion.store.models import own_run
from apportion.store.schema import (
    conversions,
    dataset_versions,
    journey_results,
    tenant_settings,
)
from apportion.store.source_data import SourceData, readable
from apportion.store.tenant_bound import not_found, now
from apportion.store.tenant_connection import TenantConnection

Record = dict[str, Any]
"""A row, by the names of its dataset's columns: for fifty of them a frame would only be slow."""

CANDIDATES = 1000
"""Of more matches than this, a search looks at the highest order ids and the first addresses."""

KEPT_VERSIONS = 10

_LAST_CHARACTER = "\U0010ffff"
_ORDER = tuple(readable(conversions.c[name]) for name in CONVERSIONS.columns)


class Journeys(SourceData):
    """The tenant's orders as the journeys page lists them, and the analyses of all of them."""

    def orders(self, *, customer: Customer | None = None, limit: int = 50) -> list[Record]:
        """Give the latest orders, newest first.

        Parameters
        ----------
        customer : "new" or "returning", optional
            Whose.
        """
        with self._reading() as connection:
            statement = _of(connection.select(*_ORDER, of=conversions), customer)
            newest = statement.order_by(*_newest_first()).limit(limit)
            return _records(connection.execute(newest))

    def find_orders(
        self,
        text: str,
        *,
        customer: Customer | None = None,
        whole_address: bool = False,
        limit: int = 50,
    ) -> list[Record]:
        """Give orders whose id or e-mail address begins with `text`, newest first.

        Capital and small letters are the same. Of more than :data:`CANDIDATES` matches, the newest
        of the highest order ids and of the first addresses in the alphabet are given.

        Parameters
        ----------
        whole_address : bool
            Only an address that is `text`, not one that begins with it.
        """
        by_order, by_email = conversions.c.order_id_small, conversions.c.email_small
        # As the database makes small letters of a column in the collation "C": a to z.
        small_order = "".join(c.lower() if c.isascii() else c for c in text)
        small_email = func.lower(literal(text))
        last_email = func.lower(literal(text + _LAST_CHARACTER))
        is_email = (
            (by_email == small_email,)
            if whole_address
            else (by_email >= small_email, by_email < last_email)
        )
        is_order = (by_order >= small_order, by_order < small_order + _LAST_CHARACTER)
        found: dict[str, dt.datetime] = {}
        with self._reading() as connection:
            for where, by in ((is_order, by_order.desc()), (is_email, by_email)):
                columns = (conversions.c.order_id, conversions.c.timestamp)
                statement = _of(
                    connection.select(*columns, of=conversions), customer, is_index=False
                )
                matching = statement.where(*where).order_by(by).limit(CANDIDATES)
                found |= {row.order_id: row.timestamp for row in connection.execute(matching)}
            newest = sorted(found, key=lambda order_id: (found[order_id], order_id), reverse=True)
            # By key: asked for them in order of time, SQLite would read every order there is.
            statement = connection.select(*_ORDER, of=conversions)
            by_key = statement.where(conversions.c.order_id.in_(newest[:limit]))
            rows = {row["order_id"]: row for row in _records(connection.execute(by_key))}
        return [rows[order_id] for order_id in newest[:limit]]

    def order(self, order_id: str) -> Record:
        """Give one order.

        Raises
        ------
        NotFoundError
            If there is no such order.
        """
        with self._reading() as connection:
            statement = connection.select(*_ORDER, of=conversions)
            is_asked = conversions.c.order_id == order_id
            rows = _records(connection.execute(statement.where(is_asked)))
        if not rows:
            raise not_found("journey", order_id)
        return rows[0]

    def before_orders(
        self, orders: Sequence[Record], window: dt.timedelta
    ) -> dict[str, list[Record]]:
        """Give what is needed to tell the journeys behind some orders.

        Parameters
        ----------
        orders : sequence of dict
            What the methods above give; at least one.

        Returns
        -------
        dict of str to list of dict
            `conversions` and `touchpoints` of these customers, from `window` before the earliest of
            the orders to the latest, and `order_items` of the orders.
        """
        customers = {order["customer_id"] for order in orders}
        times = [order["timestamp"] for order in orders]
        found = {}
        with self._reading() as connection:
            for dataset in ("conversions", "touchpoints"):
                table, statement = self._select(connection, dataset)
                of_customers = statement.where(
                    table.c.customer_id.in_(customers),
                    table.c.timestamp > min(times) - window,
                    table.c.timestamp <= max(times),
                )
                found[dataset] = _records(connection.execute(of_customers))
            table, statement = self._select(connection, "order_items")
            ids = [order["order_id"] for order in orders]
            of_orders = statement.where(table.c.order_id.in_(ids)).order_by(table.c.product)
            found["order_items"] = _records(connection.execute(of_orders))
        return found

    def dataset_changes(self, datasets: Collection[str]) -> dict[str, int]:
        """Give how often each dataset has been written to."""
        with self._reading() as connection:
            columns = (dataset_versions.c.dataset, dataset_versions.c.changes)
            statement = connection.select(*columns, of=dataset_versions)
            rows = connection.execute(statement.where(dataset_versions.c.dataset.in_(datasets)))
            counted = {row.dataset: row.changes for row in rows}
        return {dataset: counted.get(dataset, 0) for dataset in datasets}

    def add_journey_results(
        self, results: Sequence[JourneyResults], *, run_id: str | None = None
    ) -> list[JourneyResults]:
        """Store the results of one run as the next version, all or none, and give them with it.

        Versions older than the last :data:`KEPT_VERSIONS` are removed.

        Raises
        ------
        NotFoundError
            If there is no run `run_id`.
        """
        trained_at = now()
        with self._writing() as connection:
            connection.lock("journey_results")
            version = (_newest_version(connection) or 0) + 1
            run = None if run_id is None else own_run(connection, run_id)
            stored = [
                each.model_copy(update={"version": version, "trained_at": trained_at})
                for each in results
            ]
            for each in stored:
                connection.insert(
                    journey_results,
                    version=version,
                    window_days=each.settings.window_days,
                    customer=each.paths.customer or "",
                    run_id=run,
                    results=each.model_dump(mode="json", by_alias=True),
                    created_at=trained_at,
                )
            is_old = journey_results.c.version <= version - KEPT_VERSIONS
            connection.delete(journey_results, is_old)
        return stored

    def journey_version(self) -> int | None:
        """Give the number of the newest version; None: nothing has been analysed yet."""
        with self._reading() as connection:
            return _newest_version(connection)

    def journey_results(
        self, window_days: WindowDays, customer: Customer | None = None
    ) -> JourneyResults:
        """Give the newest results for one lookback window.

        Raises
        ------
        NotFoundError
            If nothing has been analysed yet.
        """
        with self._reading() as connection:
            statement = connection.select(journey_results.c.results, of=journey_results).where(
                journey_results.c.version == _newest_version(connection),
                journey_results.c.window_days == window_days,
                journey_results.c.customer == (customer or ""),
            )
            document = connection.execute(statement).scalar_one_or_none()
        if document is None:
            raise not_found("journey analysis", "yet")
        return JourneyResults.model_validate(document)

    def setting(self, name: str) -> JsonValue:
        """Give what the tenant has set under `name`; None: nothing."""
        with self._reading() as connection:
            statement = connection.select(tenant_settings.c.value, of=tenant_settings)
            is_asked = tenant_settings.c.name == name
            value: JsonValue = connection.execute(statement.where(is_asked)).scalar_one_or_none()
        return value

    def change_setting(self, name: str, value: JsonValue) -> None:
        """Set `name` to `value`."""
        values = {"value": value, "changed_at": now()}
        with self._writing() as connection:
            connection.lock(f"setting {name}")
            if not connection.update(tenant_settings, tenant_settings.c.name == name, **values):
                connection.insert(tenant_settings, name=name, **values)


def _of(statement: Select[Any], customer: Customer | None, *, is_index: bool = True) -> Select[Any]:
    """Keep the orders of new or of returning customers.

    Without `is_index` it is written so that no index on it can be chosen: SQLite would prefer that
    of two equal columns to that of a prefix.
    """
    if customer is None:
        return statement
    is_theirs = conversions.c.is_new_customer == (customer == "new")
    return statement.where(is_theirs if is_index else is_theirs.is_(True))


def _records(rows: Result[Any]) -> list[Record]:
    return [dict(row._mapping) for row in rows]


def _newest_first() -> tuple[ColumnElement[Any], ...]:
    return conversions.c.timestamp.desc(), conversions.c.order_id.desc()


def _newest_version(connection: TenantConnection) -> int | None:
    statement = connection.select(func.max(journey_results.c.version), of=journey_results)
    version: int | None = connection.execute(statement).scalar_one()
    return version
