"""Find our columns in a file's header, or say which are there and which could be meant."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from apportion.errors import ImportRefusedError


def plain(name: str) -> str:
    """Give a name as it is compared: lower case, blanks and hyphens as underscores."""
    return re.sub(r"[\s-]+", "_", name.strip().lower())


@dataclass(frozen=True)
class Header:
    """The columns of one file, and the names that the request gave to some of them."""

    file: str
    names: tuple[str, ...]
    columns: Mapping[str, str]
    """Our names to theirs; an empty one says that the file has none, whatever looks like it."""

    def find(self, ours: str) -> int | None:
        """Give the position of the column that is, or is mapped to, `ours`; None: not there.

        Raises
        ------
        ImportRefusedError
            If the mapped column is not there, or two columns have the name.
        """
        theirs = self.columns.get(ours)
        if theirs == "":
            return None
        if theirs is not None:
            return self._position(theirs, f"--map {ours}={theirs} names it")
        places = [at for at, name in enumerate(self.names) if name == ours]
        places = places or [at for at, name in enumerate(self.names) if plain(name) == plain(ours)]
        self._refuse_twice(ours, places)
        return places[0] if places else None

    def require(self, ours: str, reason: str) -> int:
        """Give the position of a column that must be there.

        Raises
        ------
        ImportRefusedError
            If it is not, with the columns found and what could be meant.
        """
        place = self.find(ours)
        if place is None:
            raise ImportRefusedError(
                f"{self.file} has no column {ours}; {reason}. Found: {self.listed()}."
                f"{self.guess(ours)} Name it with --map {ours}=COLUMN."
            )
        return place

    def named(self, name: str, reason: str) -> int:
        """Give the position of a column that the request named, by its own or by our name."""
        return self._position(self.columns.get(name, name), reason)

    def _position(self, theirs: str, reason: str) -> int:
        places = [at for at, name in enumerate(self.names) if name == theirs.strip()]
        places = places or [
            at for at, name in enumerate(self.names) if plain(name) == plain(theirs)
        ]
        self._refuse_twice(theirs, places)
        if not places:
            raise ImportRefusedError(
                f"{self.file} has no column {theirs}; {reason}. Found: {self.listed()}."
                f"{self.guess(theirs)}"
            )
        return places[0]

    def listed(self) -> str:
        """Give the columns as a message shows them."""
        return ", ".join(name or f"(column {at} has no name)" for at, name in self._numbered())

    def guess(self, wanted: str) -> str:
        """Give "Did you mean …?" for a column that is not there, or nothing."""
        return did_you_mean(wanted, self.names)

    def _numbered(self) -> Sequence[tuple[int, str]]:
        return list(enumerate(self.names, start=1))

    def _refuse_twice(self, name: str, places: Sequence[int]) -> None:
        if len(places) > 1:
            found = ", ".join(f"{self.names[at]} (column {at + 1})" for at in places)
            raise ImportRefusedError(
                f"{self.file} has {len(places)} columns that could be {name}: {found}. "
                "Rename or delete all but one."
            )


def did_you_mean(wanted: str, names: Collection[str]) -> str:
    """Give " Did you mean …?" with the name that is closest, or nothing."""
    by_plain = {plain(name): name for name in names if name}
    close = get_close_matches(plain(wanted), by_plain, n=1)
    return f" Did you mean {by_plain[close[0]]}?" if close else ""
