"""Import by upload: the files come in, are checked row by row, and are stored when all is well."""

import asyncio
import re
from typing import Any

from pydantic import JsonValue
from tornado.web import HTTPError, stream_request_body

from apportion.errors import ImportRefusedError, ParameterError
from apportion.importing import MMM, Recognition, Summary
from apportion.importing.problems import CellProblem
from apportion.results.accounts import AuditAction, Role
from apportion.server.data_page import CHOICES
from apportion.server.errors import STRICT_POLICY
from apportion.server.mapping import choices, has_roles, options_from
from apportion.server.multipart import UploadedForm
from apportion.server.page_handler import PageHandler
from apportion.server.pages import DATA
from apportion.server.uploads import Stage, Upload, Uploads
from apportion.workspace.data import ImportOptions

SECONDS_TO_LOOK_AGAIN = 1


class UploadHandler(PageHandler):
    """What both steps share."""

    needs = Role.ANALYST

    def initialize(self, uploads: Uploads, **shared: Any) -> None:  # type: ignore[override]
        """Take where files wait."""
        super().initialize(**shared)
        self.uploads = uploads


@stream_request_body
class NewUploadHandler(UploadHandler):
    """Takes the files; they go to disk as they arrive, so an upload may be larger than memory."""

    SUPPORTED_METHODS = ("POST",)

    def initialize(self, **shared: Any) -> None:  # type: ignore[override]
        """Allow a longer body than any other address does."""
        super().initialize(**shared)
        self.upload: Upload | None = None
        self.form: UploadedForm | None = None
        self.refusal: ParameterError | None = None
        connection: Any = self.request.connection
        connection.set_max_body_size(self.services.settings.upload_mb << 20)

    async def prepare(self) -> None:  # type: ignore[override]
        """Settle who asks before anything of the body is read."""
        await super().prepare()
        if not self._finished:
            self.upload = self.uploads.begin(self.member)
            content_type = self.request.headers.get("Content-Type", "")
            self.form = UploadedForm(content_type, self.upload.folder)

    def data_received(self, chunk: bytes) -> None:
        """Write the next part to disk; after a refusal the rest is read and forgotten."""
        if self.refusal is None and self.form is not None:
            try:
                self.form.feed(chunk)
            except ParameterError as error:
                self.refusal = error

    async def post(self) -> None:
        """Check what has come, and show it."""
        if self.refusal is not None:
            raise self.refusal
        assert self.form is not None
        assert self.upload is not None
        self.form.finish()
        upload = self.upload
        upload.dataset = self.form.fields.get("dataset", "")
        upload.files = tuple(path for path in self.form.files if path.stat().st_size)
        if upload.dataset not in CHOICES:
            raise ParameterError("Choose what the files hold.")
        if not upload.files:
            raise ParameterError("No file was chosen, or it is empty. Choose at least one.")
        self.upload = None  # it came whole: it stays
        if upload.dataset != MMM:
            self.uploads.check(upload, self.workspace, upload.options)
        self.redirect(address(upload), status=303)

    def on_finish(self) -> None:
        """Throw away what did not come whole."""
        super().on_finish()
        self._drop()

    def on_connection_close(self) -> None:
        """Throw away what broke off."""
        super().on_connection_close()
        self._drop()

    def _drop(self) -> None:
        if self.upload is not None:
            if self.form is not None:
                self.form.close()
            self.uploads.discard(self.upload)
            self.upload = None


class OneUploadHandler(UploadHandler):
    """Shows what was found in an upload; checks it again, imports it, or throws it away."""

    async def get(self, upload_id: str) -> None:
        """Write the page; while the files are read it looks again every second."""
        await self._show(self.uploads.get(upload_id, self.member))

    async def post(self, upload_id: str) -> None:
        """Do what the button says."""
        upload = self.uploads.get(upload_id, self.member)
        action = self.field("do")
        if action == "discard":
            if not upload.is_busy:
                self.uploads.discard(upload)
            self.redirect(DATA.path, status=303)
            return
        if action not in ("check", "import"):
            raise HTTPError(400)
        found = await asyncio.to_thread(self._recognise, upload, upload.options)
        options = options_from(found[0], self.sent_field)
        is_checked = upload.stage is Stage.CHECKED and (
            options == upload.options
            or found == await asyncio.to_thread(self._recognise, upload, options)
        )
        if action == "check" or not is_checked:
            self.uploads.check(upload, self.workspace, options)
        else:
            self.uploads.import_(upload, self.workspace, self._note(upload))
        self.redirect(address(upload), status=303)

    def _note(self, upload: Upload) -> Any:
        accounts, member = self.services.accounts, self.member

        def note(summary: Summary) -> None:
            details: dict[str, JsonValue] = {
                "rows": summary.rows,
                "files": [path.name for path in upload.files],
            }
            accounts.record(member, AuditAction.DATA_IMPORTED, upload.dataset, details)

        return note

    def _recognise(self, upload: Upload, options: ImportOptions) -> tuple[Recognition, ...]:
        return self.workspace.data.recognise(upload.dataset, upload.files, options)

    async def _show(self, upload: Upload) -> None:
        found: tuple[Recognition, ...] = ()
        if not upload.is_busy and upload.stage is not Stage.IMPORTED:
            try:
                found = await asyncio.to_thread(self._recognise, upload, upload.options)
            except ImportRefusedError as error:  # a file that cannot be read at all
                upload.stage, upload.refusal = Stage.REFUSED, upload.refusal or str(error)
        if upload.is_busy:
            self.set_header("Refresh", str(SECONDS_TO_LOOK_AGAIN))
        self.begin(STRICT_POLICY)
        self.finish(
            self.render_page(
                "upload.html.j2",
                DATA,
                upload=upload,
                stage=str(upload.stage),
                what=CHOICES[upload.dataset],
                refusal=in_page(upload.refusal),
                in_page=in_page,
                found=found,
                choices=choices(found[0], upload.options) if found else (),
                needs_roles=upload.dataset == MMM and not has_roles(upload.options),
                cells=[problem for problem in upload.problems if isinstance(problem, CellProblem)],
            )
        )


def in_page(refusal: str) -> str:
    """Give a refusal's words where columns are named in a form, not by the command's options."""
    for pattern, words in _OPTIONS:
        refusal = re.sub(pattern, words, refusal)
    return refusal


_OPTIONS = (
    (r" Name it with --map \w+=COLUMN\.", " Name it below."),
    (r"--map (\w+)=\S+ names it", r"it is named below for \1"),
    (r", as in --spend [^.]*\.", "."),
    (r"--(?:date|outcome|spend|control) names it", "it is named below"),
    (r"is named by --(\w+) and by --(\w+)", r"is named as \1 and as \2"),
    (r"with --(?:date|outcome) COLUMN", "below"),
    (r"only the (\w+)s named by --map are imported", r"only some \1s are imported"),
    (r"; --map imports only the (\w+)s that it names", r"; leave it out if it is no \1"),
    (r"Name another column with --outcome\.", "Name another outcome below."),
)


def address(upload: Upload) -> str:
    """Give where an upload is shown."""
    return f"{DATA.path}/uploads/{upload.id}"
