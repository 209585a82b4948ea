"""The folders of the builds of a run: each is called as a person would call it, and as it was before."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from aib2packer.hcl.names import portable_name
from aib2packer.packer.layout import AT_TOP, OUTPUT_FOLDERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SUFFIXES = (".json", ".jsonc", ".bicep", ".tf")
"""How the names of files end that may be image templates."""
_MADE = tuple(name.casefold() for name in OUTPUT_FOLDERS)
"""The folders that an output may make in its own."""


class Folders:
    """Gives the templates of a run their folders, in the order of the templates: named after what is in them, else the file.

    One that an earlier run has given stays, as long as the template is called so, whatever others have come in the meantime.
    """

    def __init__(self, fixed: Iterable[PurePosixPath], earlier: Mapping[str, str]) -> None:
        """Take the folders that are given already, and those that earlier runs gave to the sources of this one."""
        self._claims = Claims()
        for folder in fixed:
            self._claims.claim(folder)
        self._earlier = {source: folder for folder, source in earlier.items()}
        self._kept = {folder.casefold() for folder in earlier}

    def of(self, source: str, by_file: PurePosixPath, called: str | None) -> PurePosixPath:
        """The folder for what a source holds.

        Args:
            source: Where the template stands, as the record of a run has it.
            by_file: The folder that is named after the file.
            called: The name of the image template, "" if it has none that is known; None where nothing could be read.

        """
        wishes = (by_file.with_name(portable_name(called, "template")), by_file) if called else (by_file,)
        kept = PurePosixPath(self._earlier[source]) if source in self._earlier else None
        if kept is not None and (called is None or any(_is_like(kept.name, wish.name) for wish in wishes)):
            return self._claims.claim(kept)
        free = (one for one in wishes if str(one).casefold() not in self._kept and self._claims.is_free(one))
        return self._claims.claim(next(free, by_file))


class Claims:
    """Folders that outputs are given: no two of them meet, also where case does not count."""

    def __init__(self) -> None:
        self._taken = {name.casefold() for name in AT_TOP}
        self._numbers: dict[str, int] = {}  # the last that a name was given, before which none is free

    def is_free(self, folder: PurePosixPath) -> bool:
        """Whether nothing lies in a folder, and in those that an output may make in it."""
        name = str(folder).casefold()
        above, _, last = name.rpartition("/")
        is_made_by_other = last in _MADE and above in self._taken
        return not is_made_by_other and self._taken.isdisjoint((name, *(f"{name}/{made}" for made in _MADE)))

    def claim(self, folder: PurePosixPath) -> PurePosixPath:
        """The folder, or the first of `folder-2`, `folder-3`, ... that is free with those in it."""
        name = str(folder).casefold()
        number = self._numbers.get(name, 1)
        while not self.is_free(claimed := _numbered(folder, number)):
            number += 1
            self._numbers[name] = number
        self._taken.add(str(claimed).casefold())
        return claimed


def _is_like(folder: str, wish: str) -> bool:
    """Whether a folder is called as it is wished, perhaps with a number."""
    name, wished = folder.casefold(), wish.casefold()
    return name == wished or (name.startswith(f"{wished}-") and name.removeprefix(f"{wished}-").isdecimal())


def _numbered(folder: PurePosixPath, number: int) -> PurePosixPath:
    return folder if number == 1 else folder.with_name(f"{folder.name}-{number}")
