"""Read an uploaded form as it arrives: files go to disk, and memory holds the small fields only."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import IO

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from apportion.errors import ParameterError

MOST_FILES = 20
MOST_FIELDS = 50
MOST_FIELD_BYTES = 4096
_LONGEST_NAME = 120


class UploadedForm:
    """The fields and files of a ``multipart/form-data`` body that is fed in parts.

    Parameters
    ----------
    content_type : str
        The request's header.
    folder : Path
        Where the files are written, each under its own name without any folder.

    Raises
    ------
    ParameterError
        If the body is no such form, or holds too many parts; also from :meth:`feed`.
    """

    def __init__(self, content_type: str, folder: Path) -> None:
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or b"boundary" not in options:
            raise ParameterError("An upload is a form with files; this request holds none.")
        self.fields: dict[str, str] = {}
        self.files: list[Path] = []
        self._folder = folder
        self._headers: dict[str, bytes] = {}
        self._header = (b"", b"")
        self._name = ""
        self._value = bytearray()
        self._file: IO[bytes] | None = None
        self._is_skipped = False
        self._is_whole = False
        callbacks: dict[str, Callable[..., None]] = {
            "on_part_begin": self._begin_part,
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._begin_data,
            "on_part_data": self._on_data,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }
        self._parser = MultipartParser(options[b"boundary"], callbacks)  # type: ignore[arg-type]

    def feed(self, data: bytes) -> None:
        """Take the next part of the body."""
        try:
            self._parser.write(data)
        except MultipartParseError as error:
            raise ParameterError("The upload cannot be read: its form is broken.") from error

    def finish(self) -> None:
        """Say that the body has ended.

        Raises
        ------
        ParameterError
            If it ended too early.
        """
        self.close()
        if not self._is_whole:
            raise ParameterError("The upload broke off before its end. Try again.")

    def close(self) -> None:
        """Close the file that is being written."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin_part(self) -> None:
        self._headers, self._value = {}, bytearray()

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0] + data[start:end], b"")

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0], self._header[1] + data[start:end])

    def _on_header_end(self) -> None:
        name, value = self._header
        self._headers[name.decode("latin-1").lower()] = value
        self._header = (b"", b"")

    def _begin_data(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition"))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        file_name = options.get(b"filename")
        self._is_skipped = file_name == b""  # a file field that was left empty
        if file_name:
            if len(self.files) >= MOST_FILES:
                raise ParameterError(f"An upload holds {MOST_FILES} files at most.")
            path = self._folder / self._free(own_name(file_name.decode("utf-8", "replace")))
            self.files.append(path)
            self._file = path.open("wb")
        elif len(self.fields) >= MOST_FIELDS:
            raise ParameterError(f"An upload holds {MOST_FIELDS} fields at most.")

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(data[start:end])
        elif not self._is_skipped:
            self._value += data[start:end]
            if len(self._value) > MOST_FIELD_BYTES:
                raise ParameterError(f"A field has {MOST_FIELD_BYTES:,} bytes at most.")

    def _end_part(self) -> None:
        if self._file is None and not self._is_skipped:
            self.fields[self._name] = self._value.decode("utf-8", "replace")
        self.close()

    def _end(self) -> None:
        self._is_whole = True

    def _free(self, name: str) -> str:
        taken = {path.name for path in self.files}
        if name not in taken:
            return name
        return next(text for k in range(2, 99) if (text := f"{k}-{name}") not in taken)


def own_name(name: str) -> str:
    """Give a file's name without folders and without what no file system should see."""
    last = re.split(r"[/\\]", name)[-1]
    plain = "".join(letter for letter in last if letter.isprintable()).strip(" .")
    return plain[-_LONGEST_NAME:].strip(" .") or "file"
