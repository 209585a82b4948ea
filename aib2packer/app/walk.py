"""Which files of a folder may be image templates: what git ignores, what is installed and what lies elsewhere is left out."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from aib2packer.lazy.patterns import pattern
from aib2packer.text.globs import matches

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

SUFFIXES = (".json", ".jsonc", ".bicep", ".tf")
"""How the names of files end that may be image templates."""
_NEVER = {"node_modules", ".git", ".hg", ".svn", ".terraform", ".venv", "__pycache__"}
_SPEAKS = pattern(rb"virtualmachineimages|imagetemplates?\b|templatelink", re.IGNORECASE)
_SOURCE, _DISTRIBUTE = pattern(rb"\bsource\b", re.IGNORECASE), pattern(rb"\bdistribute\b", re.IGNORECASE)
_BUILT = pattern(rb'"_generator"\s*:\s*\{\s*"name"\s*:\s*"bicep"')
_SECONDS = 60


def candidates(folder: Path, output: Path | None, exclude: Collection[str], fail: Callable[[OSError], object]) -> list[Path]:
    """The files below a folder that may be image templates, by their names, sorted by path.

    Args:
        folder: Where to look. Links that lead out of it are not followed.
        output: A folder that is left out: that of an earlier conversion.
        exclude: Patterns of what is left out, for a name or for a path relative to the folder: `*.dev.json`, `old/*`.
        fail: Called with each folder that cannot be read.

    """
    ignored, root = _ignored(folder), folder.resolve()
    skipped = output.resolve() if output else None

    def is_wanted(path: Path) -> bool:
        name = path.relative_to(folder).as_posix()
        return not (name in ignored or any(matches(pattern, name) for pattern in exclude))

    found = []
    for top, folders, names in os.walk(folder, onerror=fail):
        below = [Path(top, name) for name in folders if name not in _NEVER]
        folders[:] = [path.name for path in below if path.resolve() != skipped and is_wanted(path)]
        files = [Path(top, name) for name in names if name.lower().endswith(SUFFIXES)]
        found += [path for path in files if is_wanted(path) and _is_inside(path, root)]
    return sorted(_without_built(found), key=lambda file: file.relative_to(folder).parts)


def speaks_of_image_templates(data: bytes) -> bool:
    """Whether a file may hold an image template, or lead to one, by its words alone; it need not be well-formed."""
    plain = data.replace(b"\0", b"")  # UTF-16
    return bool(_SPEAKS.search(plain) or (_SOURCE.search(plain) and _DISTRIBUTE.search(plain)))


def _is_inside(path: Path, root: Path) -> bool:
    return not path.is_symlink() or path.resolve().is_relative_to(root)


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
        with file.open("rb") as opened:
            return _BUILT.search(opened.read(4096)) is not None
    except OSError:
        return False


def _ignored(folder: Path) -> set[str]:
    """What git ignores below a folder, by relative path; nothing where there is no git, or no repository."""
    import subprocess

    from aib2packer.system.programs import find_program

    git = find_program("git")
    if git is None:
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
