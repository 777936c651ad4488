"""Row-level security on PostgreSQL: the second lock, which holds even if the first is forgotten.

`FORCE` makes the policies count for the tables' owner too. The serving role owns nothing and may
not bypass them; ``apportion doctor`` checks that it is so.

Each policy compares with the setting that :mod:`apportion.store.engine` makes for one transaction.
Without it (or with the empty text that it leaves behind in a session) the comparison is with null,
and there are no rows.
"""

from collections.abc import Iterable

from apportion.store.engine import KEY_SETTING, TENANT_SETTING

POLICY = "tenant_isolation"
CURRENT_TENANT = f"nullif(current_setting('{TENANT_SETTING}', true), '')::uuid"
CURRENT_KEY = f"nullif(current_setting('{KEY_SETTING}', true), '')"


def protect(table: str) -> list[str]:
    """Give the SQL that confines `table` to the rows of the transaction's tenant."""
    is_own = f"tenant_id = {CURRENT_TENANT}"
    return [
        *_force(table),
        f"CREATE POLICY {POLICY} ON {_quote(table)} USING ({is_own}) WITH CHECK ({is_own})",
    ]


def protect_tenants() -> list[str]:
    """Give the SQL for `tenants`.

    Every process must read it before it knows which tenant it serves (a slug becomes an id here),
    and it holds names only, no marketing data; so it is readable. A tenant is changed or deleted,
    with all its data, only in its own transaction; adding one needs none.
    """
    is_own = f"id = {CURRENT_TENANT}"
    return [
        *_force("tenants"),
        "CREATE POLICY tenants_read ON tenants FOR SELECT USING (true)",
        "CREATE POLICY tenants_add ON tenants FOR INSERT WITH CHECK (true)",
        f"CREATE POLICY tenants_change ON tenants FOR UPDATE USING ({is_own})",
        f"CREATE POLICY tenants_delete ON tenants FOR DELETE USING ({is_own})",
    ]


def open_to_key(table: str, column: str) -> list[str]:
    """Give the SQL that also lets a transaction read the rows whose key it was opened with.

    Who signs in is known by an e-mail address, who comes back by a session's hash, and neither says
    which tenant's they are: that is what the row tells. Only the rows of that one key can be read,
    and none can be changed without the tenant.
    """
    is_asked = f"{_quote(column)} = {CURRENT_KEY}"
    return [f"CREATE POLICY by_key ON {_quote(table)} FOR SELECT USING ({is_asked})"]


def protect_attempts() -> list[str]:
    """Give the SQL for `sign_in_attempts`.

    Attempts are counted before it is known whose account it would be, if any. The rows hold keyed
    hashes, counts and instants: no tenant's data and no person's. So they are open to who serves.
    """
    return [
        *_force("sign_in_attempts"),
        "CREATE POLICY attempts ON sign_in_attempts USING (true) WITH CHECK (true)",
    ]


def protect_workers() -> list[str]:
    """Give the SQL for `workers`.

    A worker runs the notebooks of every tenant and is none's: the rows hold machines, process ids
    and instants. So they are open to who serves.
    """
    return [
        *_force("workers"),
        "CREATE POLICY workers ON workers USING (true) WITH CHECK (true)",
    ]


def _force(table: str) -> list[str]:
    return [
        f"ALTER TABLE {_quote(table)} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {_quote(table)} FORCE ROW LEVEL SECURITY",
    ]


def grants(role: str, database: str, tables: Iterable[str]) -> list[str]:
    """Give the SQL that lets `role` serve: read and write rows, and nothing else."""
    names = ", ".join(_quote(table) for table in tables)
    return [
        f"GRANT CONNECT, TEMPORARY ON DATABASE {_quote(database)} TO {_quote(role)}",
        f"GRANT USAGE ON SCHEMA public TO {_quote(role)}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {names} TO {_quote(role)}",
        f"GRANT SELECT ON alembic_version TO {_quote(role)}",
    ]


def create_role(role: str) -> str:
    """Give the SQL by which an administrator makes the serving role."""
    return f"CREATE ROLE {_quote(role)} LOGIN PASSWORD '...' NOSUPERUSER NOBYPASSRLS;"


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
