"""The folder that builds are put into: what Packer reads there, with what the builds of this run have added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.packer.layout import BUILD_ENDING, FILES, SCRIPTS, VALUES_ENDING
from aib2packer.system.files import read_bytes, unreadable
from aib2packer.text.checksum import sha256_of
from aib2packer.text.source import decode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from aib2packer.text.source import SourceText

_SHARED = (f"{SCRIPTS}/", f"{FILES}/")
_READ_BY_PACKER = (BUILD_ENDING, ".pkr.json", VALUES_ENDING, ".auto.pkrvars.json")


class SharedFolder:
    """A folder with several builds. What a run puts there takes its place at the end, but the next build sees it before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: dict[str, SourceText] = {}
        self._scripts: dict[str, str] | None = None
        self._by: dict[str, str] = {}

    def files(self, most: int) -> tuple[SourceText, ...]:
        """The files that Packer reads, each up to `most` bytes; none where the folder is not there yet. Each is read once.

        Raises:
            FileError: One cannot be read.

        """
        if self._scripts is None:
            self._scripts = dict(self._scripts_there(most))
            for name in self._names():
                if name.endswith(_READ_BY_PACKER):
                    content = read_bytes(str(self.path / name), self.path / name, most)
                    self._read.setdefault(name, decode(content, str(self.path / name)))
        return tuple(text for _, text in sorted(self._read.items()))

    @property
    def scripts(self) -> Mapping[str, str]:
        """The digests of scripts and files of builds, by path; `files` is asked before."""
        return self._scripts or {}

    def maker_of(self, name: str) -> str | None:
        """The template of this run that has made a file."""
        return self._by.get(name)

    def add(self, files: Mapping[str, bytes], template: str) -> None:
        """Note what a template of this run puts there, by path."""
        for path, content in files.items():
            if "/" not in path and path.endswith(_READ_BY_PACKER):
                self._read[path] = decode(content, str(self.path / path))
            elif self._scripts is not None and path.startswith(_SHARED):
                self._scripts.setdefault(path, sha256_of(content))
        self._by |= dict.fromkeys(files, template)

    def _names(self) -> list[str]:
        try:
            return [path.name for path in self.path.iterdir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise unreadable(str(self.path), error) from error

    def _scripts_there(self, most: int) -> Iterator[tuple[str, str]]:
        """The scripts and files of builds that a folder of each has; nothing behind a link is theirs."""
        for folder in (self.path / name for name in (SCRIPTS, FILES)):
            for path in sorted(folder.glob("*/*")):
                if path.is_file() and not path.is_symlink() and not path.parent.is_symlink():
                    yield path.relative_to(self.path).as_posix(), sha256_of(read_bytes(str(path), path, most))
