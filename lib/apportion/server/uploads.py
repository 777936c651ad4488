"""Files that wait on this server to be imported: checked first, then imported or thrown away.

They lie in a folder of their own that ends with the server, belong to whoever sent them, and are
forgotten after an hour.
"""

import logging
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from apportion.errors import (
    ApportionError,
    ConflictError,
    ImportRefusedError,
    NotFoundError,
    Problem,
)
from apportion.importing.summary import Summary
from apportion.server.errors import new_reference
from apportion.workspace import Workspace
from apportion.workspace.accounts import Member
from apportion.workspace.data import ImportOptions

log = logging.getLogger("apportion.server")

KEPT_SECONDS = 3600.0
AT_ONCE = 2
"""Imports that read at the same time; others wait for their turn."""


class Stage(StrEnum):
    """How far an upload is."""

    NEW = "new"
    """Its columns must be named first."""
    CHECKING = "checking"
    CHECKED = "checked"
    REFUSED = "refused"
    IMPORTING = "importing"
    IMPORTED = "imported"


@dataclass
class Upload:
    """Some files of one dataset, and what was found in them."""

    id: str
    owner: str
    folder: Path
    dataset: str = ""
    files: tuple[Path, ...] = ()
    options: ImportOptions = field(default_factory=ImportOptions)
    stage: Stage = Stage.NEW
    rows: int = 0
    """Handled so far."""
    summary: Summary | None = None
    refusal: str = ""
    problems: tuple[Problem, ...] = ()
    touched_at: float = field(default_factory=time.monotonic)

    @property
    def is_busy(self) -> bool:
        """Whether somebody should wait."""
        return self.stage in (Stage.CHECKING, Stage.IMPORTING)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(path.stat().st_size for path in self.files if path.exists())


class Uploads:
    """The uploads of all members, each reached by who sent it only."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="apportion-uploads-"))
        self._uploads: dict[str, Upload] = {}
        self._workers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="import")

    def begin(self, member: Member) -> Upload:
        """Give an empty upload; a former one of the member that nobody waits for is thrown away."""
        self._forget_old()
        for former in list(self._uploads.values()):
            if former.owner == member.id and not former.is_busy:
                self.discard(former)
        upload = Upload(secrets.token_urlsafe(16), member.id, Path())
        upload.folder = self._folder / upload.id
        upload.folder.mkdir()
        self._uploads[upload.id] = upload
        return upload

    def get(self, upload_id: str, member: Member) -> Upload:
        """Give a member's upload; NotFoundError if it is not there or somebody else's."""
        found = self._uploads.get(upload_id)
        if found is None or found.owner != member.id:
            raise NotFoundError(
                "This upload is no longer there: it was imported, discarded, or an hour old. "
                "Upload the files again."
            )
        found.touched_at = time.monotonic()
        return found

    def check(self, upload: Upload, workspace: Workspace, options: ImportOptions) -> None:
        """Read every row and store nothing; the outcome stands in the upload when it is there."""
        self._refuse_busy(upload)
        upload.options = options
        self._start(upload, Stage.CHECKING, lambda: self._check(upload, workspace))

    def import_(
        self, upload: Upload, workspace: Workspace, then: Callable[[Summary], None]
    ) -> None:
        """Store every row, or none; `then` is called when it is done."""
        self._refuse_busy(upload)
        self._start(upload, Stage.IMPORTING, lambda: self._import(upload, workspace, then))

    def discard(self, upload: Upload) -> None:
        """Throw an upload away, files and all."""
        self._uploads.pop(upload.id, None)
        shutil.rmtree(upload.folder, ignore_errors=True)

    def close(self) -> None:
        """Finish what is being stored, and throw everything away."""
        self._workers.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, upload: Upload, stage: Stage, work: Callable[[], None]) -> None:
        upload.stage, upload.rows, upload.refusal, upload.problems = stage, 0, "", ()

        def run() -> None:
            try:
                work()
            except ImportRefusedError as error:
                self._refuse(upload, error.summary, error.problems)
            except ApportionError as error:
                self._refuse(upload, str(error))
            except Exception:  # a bug must not leave somebody waiting
                reference = new_reference()
                log.exception("reference %s: an import failed", reference)
                self._refuse(upload, f"Something went wrong; nothing was stored ({reference}).")

        self._workers.submit(run)

    def _check(self, upload: Upload, workspace: Workspace) -> None:
        upload.summary = workspace.data.import_files(
            upload.dataset, upload.files, upload.options, dry_run=True
        )
        upload.stage = Stage.CHECKED

    def _import(
        self, upload: Upload, workspace: Workspace, then: Callable[[Summary], None]
    ) -> None:
        def count(rows: int) -> None:
            upload.rows += rows

        upload.summary = workspace.data.import_files(
            upload.dataset, upload.files, upload.options, on_rows=count
        )
        then(upload.summary)
        shutil.rmtree(upload.folder, ignore_errors=True)
        upload.stage = Stage.IMPORTED

    def _refuse(self, upload: Upload, why: str, problems: tuple[Problem, ...] = ()) -> None:
        upload.refusal, upload.problems, upload.summary = why, problems, None
        upload.stage = Stage.REFUSED

    def _refuse_busy(self, upload: Upload) -> None:
        if upload.is_busy or upload.stage is Stage.IMPORTED:
            raise ConflictError("This upload is being worked on. Load the page again.")

    def _forget_old(self) -> None:
        for upload in list(self._uploads.values()):
            if not upload.is_busy and time.monotonic() - upload.touched_at > KEPT_SECONDS:
                self.discard(upload)
