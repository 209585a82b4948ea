"""Which files of a folder may be image templates: what git ignores, what is installed and what lies elsewhere is left out."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from aib2packer.lazy.patterns import pattern
from aib2packer.system.files import open_file, resolved
from aib2packer.text.globs import matches

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

SUFFIXES = (".json", ".jsonc", ".bicep", ".tf")
"""How the names of files end that may be image templates."""
_NEVER = {"node_modules", ".git", ".hg", ".svn", ".terraform", ".venv", "__pycache__"}
_SPEAKS = pattern(rb"virtualmachineimages|imagetemplates?\b|templatelink", re.IGNORECASE)
_SOURCE, _DISTRIBUTE = pattern(rb"\bsource\b", re.IGNORECASE), pattern(rb"\bdistribute\b", re.IGNORECASE)
_BUILT = pattern(rb'"_generator"\s*:\s*\{\s*"name"\s*:\s*"bicep"')
_SECONDS = 20


def candidates(folder: Path, output: Path | None, exclude: Collection[str], fail: Callable[[OSError], object]) -> list[Path]:
    """The files below a folder that may be image templates, by their names, sorted by path.

    Args:
        folder: Where to look; links to folders are not followed.
        output: A folder that is left out: that of an earlier conversion.
        exclude: Patterns of what is left out, for a name or for a path relative to the folder: `*.dev.json`, `old/*`.
        fail: Called with each folder that cannot be read.

    """
    ignored = _ignored(folder)
    skipped = resolved(output) if output else None

    def is_wanted(path: Path) -> bool:
        name = path.relative_to(folder).as_posix()
        return not (name in ignored or any(matches(pattern, name) for pattern in exclude))

    found: list[Path] = []
    for top, folders, names in os.walk(folder, onerror=fail):
        below = [Path(top, name) for name in folders if name not in _NEVER]
        folders[:] = [path.name for path in below if resolved(path) != skipped and is_wanted(path)]
        files = [Path(top, name) for name in names if name.lower().endswith(SUFFIXES)]
        found += filter(is_wanted, files)
    return sorted(_without_built(_once(found)), key=lambda file: file.relative_to(folder).parts)


def _once(files: Collection[Path]) -> list[Path]:
    """The files, without links to others of them."""
    by_place = (
        {resolved(file) for file in files if not file.is_symlink()} if any(file.is_symlink() for file in files) else set()
    )
    return [file for file in files if not (file.is_symlink() and resolved(file) in by_place)]


def speaks_of_image_templates(data: bytes) -> bool:
    """Whether a file may hold an image template, or lead to one, by its words alone; it need not be well-formed."""
    plain = data.replace(b"\0", b"")  # UTF-16
    return bool(_SPEAKS.search(plain) or (_SOURCE.search(plain) and _DISTRIBUTE.search(plain)))


def _without_built(files: Collection[Path]) -> Iterator[Path]:
    """One file of each pair of a Bicep file and what was built of it, which say the same: the source, if it can be built."""
    from aib2packer.app.bicep import has_compiler

    sources = {file.with_suffix("") for file in files if file.suffix.lower() == ".bicep"}
    built = {
        file.with_suffix("")
        for file in files
        if file.suffix.lower() == ".json" and file.with_suffix("") in sources and _is_built(file)
    }
    dropped = ".json" if built and has_compiler() else ".bicep"
    return (file for file in files if file.with_suffix("") not in built or file.suffix.lower() != dropped)


def _is_built(file: Path) -> bool:
    try:
        with open_file(file) as opened:
            return _BUILT.search(opened.read(4096)) is not None
    except OSError:
        return False


def _hangs(path: Path) -> bool:
    """Whether git would wait for ever where it reads this."""
    try:
        open_file(path).close()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _ignored(folder: Path) -> set[str]:
    """What git ignores below a folder, by relative path; nothing where there is no git, or no repository."""
    import subprocess

    from aib2packer.system.programs import find_program

    git = find_program("git")
    if git is None or _hangs(folder / ".gitignore"):
        return set()
    # What a repository configures to run when it is looked at stays out of this.
    command = [
        git,
        "-c",
        "core.fsmonitor=false",
        "ls-files",
        "-z",
        "--others",
        "--ignored",
        "--exclude-standard",
        "--directory",
    ]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=_SECONDS)  # noqa: S603 - the user's git
    except (OSError, subprocess.TimeoutExpired):
        return set()
    return {os.fsdecode(name).rstrip("/") for name in done.stdout.split(b"\0") if name} if done.returncode == 0 else set()
