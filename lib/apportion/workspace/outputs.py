"""The executed notebooks of one tenant's runs: where they are kept, for how long, and no longer."""

import datetime as dt
import logging
from pathlib import Path

from apportion.config import Settings
from apportion.errors import NotFoundError
from apportion.results.runs import Run
from apportion.store import TenantStore

log = logging.getLogger("apportion.outputs")


class Outputs:
    """The records of the tenant's runs, in a folder of its own.

    They are kept beneath ``APPORTION_RUNS_URL`` (a folder, or any address that fsspec knows, as
    ``s3://bucket/runs``), and else in `home`. Nothing outside of the tenant's own folder is ever
    read or deleted, whatever a row of the database says.
    """

    def __init__(self, store: TenantStore, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    def keep(self, executed: Path) -> str:
        """Move an executed notebook to where it is kept; give its address."""
        if not self._settings.runs_url:
            return str(executed)
        from fsspec.core import url_to_fs  # a third of a second, with every protocol's registry

        address = f"{self._elsewhere}{executed.name}"
        system, path = url_to_fs(address)
        system.makedirs(path.rpartition("/")[0], exist_ok=True)
        system.put_file(str(executed), path)
        executed.unlink()
        return address

    def read(self, run: Run) -> str:
        """Give the executed notebook of a run.

        Raises
        ------
        NotFoundError
            If there is none (any more).
        """
        address = run.output_path
        if address is not None and self._is_own(address):
            if not _is_address(address):
                try:
                    return Path(address).read_text("utf-8")
                except FileNotFoundError:
                    address = None
            else:
                from fsspec.core import url_to_fs

                system, path = url_to_fs(address)
                if system.exists(path):
                    return str(system.read_text(path, encoding="utf-8"))
        raise NotFoundError(f"There is no executed notebook of run {run.id} (any more).")

    def sweep(self, now: dt.datetime | None = None) -> int:
        """Delete the notebooks that are older than the setting says; give how many.

        The newest one of each kind that completed stays, however old it is. What is known of the
        run itself stays too.
        """
        days = self._settings.runs_keep_days
        if not days:
            return 0
        before = (now or dt.datetime.now(dt.UTC)) - dt.timedelta(days=days)
        old = self._store.old_outputs(before)
        for run in old:
            self._delete(run)
            self._store.forget_output(run.id)
        if old:
            log.info("deleted %d executed notebooks older than %d days", len(old), days)
        return len(old)

    def _delete(self, run: Run) -> None:
        address = run.output_path or ""
        if not self._is_own(address):
            return
        if not _is_address(address):
            Path(address).unlink(missing_ok=True)
            return
        from fsspec.core import url_to_fs

        system, path = url_to_fs(address)
        if system.exists(path):
            system.rm_file(path)

    @property
    def _elsewhere(self) -> str:
        """The tenant's folder at the address of the settings; by id, which never changes."""
        return f"{self._settings.runs_url.rstrip('/')}/{self._store.tenant.id}/"

    def _is_own(self, address: str) -> bool:
        if ".." in address.split("/"):
            return False
        here = self._settings.home / "runs" / self._store.tenant.slug
        if not _is_address(address):
            return Path(address).resolve().is_relative_to(here.resolve()) or (
                bool(self._settings.runs_url) and address.startswith(self._elsewhere)
            )
        return bool(self._settings.runs_url) and address.startswith(self._elsewhere)


def _is_address(path: str) -> bool:
    return "://" in path
