"""The files beside an input: those that it names by their paths, and none that lies outside of one folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.lazy.models import dataclass
from aib2packer.system.files import is_within, read_bytes
from aib2packer.text.source import FileError, decode

if TYPE_CHECKING:
    from pathlib import Path

    from aib2packer.text.source import SourceText


@dataclass(frozen=True, slots=True)
class FilesBeside:
    """The files that paths relative to `folder` lead to, as far as they lie within `root`, wherever links lead."""

    folder: Path
    root: Path

    def read(self, path: str) -> SourceText:
        """The text of a file.

        Raises:
            FileError: It cannot be had. The reason tells nothing of what a file outside of the folder holds.

        """
        file = self.folder / path
        if not is_within(file, self.root):
            raise FileError(str(file), "lies outside of the folder, or leads there", "Give a folder that holds both.")
        return decode(read_bytes(str(file), file), str(file))

    def names(self, folder: str) -> tuple[str, ...]:
        """The names of what a folder holds, sorted; none where it cannot be had."""
        place = self.folder / folder
        if not is_within(place, self.root):
            return ()
        try:
            return tuple(sorted(entry.name for entry in place.iterdir()))
        except (OSError, ValueError):  # ValueError: a NUL in the path
            return ()
