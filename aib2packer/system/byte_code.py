"""Byte code of ours where Python cannot keep it beside the sources: in the cache of the user."""

from __future__ import annotations

import os
import sys
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import CodeType


def keep_byte_code(package: Path, version: str) -> None:
    """Have what is imported of a package from now on kept in the cache of the user, in a folder that nobody else can write to.

    Python does the rest, as it does beside the sources: it compares the date and the size of a source, replaces a file at once
    or leaves it as it is, and writes nothing where it is told so (`-B`). Without such a folder, everything stays as it was.
    """
    # Python that is isolated takes nothing from the user; and only POSIX says whose a folder is.
    kept = None if sys.flags.isolated or os.name != "posix" else _own_folder()
    if kept is None:
        return
    prefix = str(kept / version)  # installers may give the files of all versions one date

    class Loader(SourceFileLoader):
        def get_code(self, fullname: str) -> CodeType | None:
            former, sys.pycache_prefix = sys.pycache_prefix, prefix
            try:
                return super().get_code(fullname)
            finally:
                sys.pycache_prefix = former

    finder_of = FileFinder.path_hook((Loader, SOURCE_SUFFIXES))

    def hook(path: str) -> object:
        if not Path(path).is_relative_to(package):
            raise ImportError(path)  # another one is to look there
        return finder_of(path)

    sys.path_hooks.insert(0, hook)  # type: ignore[arg-type]  # a finder need only find
    sys.path_importer_cache.pop(str(package), None)


def _own_folder() -> Path | None:
    """The folder for byte code, made where it is not there yet; None where there can be none that is the user's alone."""
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
        kept = cache / "aib2packer" / "byte-code"
        usable = cache.is_absolute() and all(map(_is_there_and_own, (cache, kept.parent, kept)))
        return kept if usable and not kept.stat().st_mode & 0o077 else None  # folders in it may be open to a group
    except (OSError, RuntimeError):  # the latter where the user has no home
        return None


def _is_there_and_own(folder: Path) -> bool:
    if not folder.exists():
        if sys.dont_write_bytecode or not _is_own(folder.parent):  # root makes no folder in a home of another
            return False
        folder.mkdir(mode=0o700, exist_ok=True)
    return _is_own(folder)


def _is_own(folder: Path) -> bool:
    """Whether a folder is the user's, and nobody else can write to it."""
    state = folder.stat()
    return state.st_uid == os.geteuid() and not state.st_mode & 0o022
