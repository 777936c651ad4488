"""What was imported into one tenant's data, from which file, and when."""

import datetime as dt
from dataclasses import dataclass
from uuid import uuid4

from apportion.store.schema import imports
from apportion.store.tenant_bound import TenantBound, now


@dataclass(frozen=True)
class ImportRecord:
    """One file that was imported."""

    id: str
    dataset: str
    file_name: str
    rows: int
    sha256: str
    """Of the file as it was."""
    imported_at: dt.datetime


class Imports(TenantBound):
    """The tenant's imports; they are records only, the rows are in the datasets."""

    def record_import(self, dataset: str, file_name: str, rows: int, sha256: str) -> ImportRecord:
        """Record that a file was imported."""
        import_id, imported_at = uuid4(), now()
        with self._writing() as connection:
            connection.insert(
                imports,
                id=import_id,
                dataset=dataset,
                file_name=file_name,
                rows=rows,
                sha256=sha256,
                imported_at=imported_at,
            )
        return ImportRecord(str(import_id), dataset, file_name, rows, sha256, imported_at)

    def imports(self) -> list[ImportRecord]:
        """Give every import, newest first."""
        columns = [column for column in imports.c if column.name != "tenant_id"]
        with self._reading() as connection:
            statement = connection.select(*columns, of=imports)
            rows = connection.execute(statement.order_by(imports.c.imported_at.desc())).all()
        return [ImportRecord(**{**row._mapping, "id": str(row.id)}) for row in rows]
