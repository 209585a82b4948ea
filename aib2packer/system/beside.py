"""The files beside an input: those that it names by their paths, and none that lies outside of one folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.lazy.models import dataclass
from aib2packer.system.files import is_within, read_bytes, unreadable
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
        file = self._place(path)
        return decode(read_bytes(str(file), file), str(file))

    def names(self, folder: str) -> tuple[str, ...]:
        """The names of what a folder holds, sorted; none where it cannot be had."""
        try:
            return tuple(sorted(entry.name for entry in self._entries(folder)))
        except FileError:
            return ()

    def listed(self, folder: str) -> tuple[str, ...]:
        """The names of the files and folders in a folder, sorted; those of folders end in a slash.

        Raises:
            FileError: It cannot be had.

        """
        there = ((entry, "/" if entry.is_dir() else "") for entry in self._entries(folder))
        return tuple(sorted(entry.name + slash for entry, slash in there if slash or entry.is_file()))

    def _entries(self, folder: str) -> tuple[Path, ...]:
        place = self._place(folder)
        try:
            return tuple(place.iterdir())
        except (FileNotFoundError, NotADirectoryError) as error:
            raise FileError(str(place), "there is no such folder", "Check the path.") from error
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            raise unreadable(str(place), error) from error

    def _place(self, path: str) -> Path:
        place = self.folder / path
        if not is_within(place, self.root):
            raise FileError(str(place), "lies outside of the folder, or leads there", "Give a folder that holds both.")
        return place
