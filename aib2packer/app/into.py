"""The folder that builds are put into: what Packer reads there, with what the builds of this run have added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.packer.layout import BUILD_ENDING, VALUES_ENDING
from aib2packer.system.files import read_bytes, unreadable
from aib2packer.text.source import decode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aib2packer.text.source import SourceText

_READ_BY_PACKER = (BUILD_ENDING, ".pkr.json", VALUES_ENDING, ".auto.pkrvars.json")


class SharedFolder:
    """A folder with several builds. What a run puts there takes its place at the end, but the next build sees it before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._added: dict[str, bytes] = {}
        self._by: dict[str, str] = {}

    def files(self, most: int) -> tuple[SourceText, ...]:
        """The files that Packer reads, each up to `most` bytes; none where the folder is not there yet.

        Raises:
            FileError: One cannot be read.

        """
        names = dict.fromkeys(sorted({*self._names(), *self._added}))
        contents = {name: self._added.get(name) for name in names if name.endswith(_READ_BY_PACKER)}
        return tuple(
            decode(read_bytes(str(self.path / name), self.path / name, most) if added is None else added, str(self.path / name))
            for name, added in contents.items()
        )

    def maker_of(self, name: str) -> str | None:
        """The template of this run that has made a file."""
        return self._by.get(name)

    def add(self, files: Mapping[str, bytes], template: str) -> None:
        """Note what a template of this run puts there, by path."""
        self._added |= {path: content for path, content in files.items() if "/" not in path}
        self._by |= dict.fromkeys(files, template)

    def _names(self) -> list[str]:
        try:
            return [path.name for path in self.path.iterdir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise unreadable(str(self.path), error) from error
