"""Which files of a folder may be image templates: what git ignores, what is installed and what lies elsewhere is left out."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from aib2packer.app.folders import SUFFIXES
from aib2packer.arm.documents.forms.scripts import MAKES
from aib2packer.lazy.models import dataclass
from aib2packer.lazy.patterns import pattern
from aib2packer.system.files import is_within, open_file, resolved
from aib2packer.text.globs import matches

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

_SCRIPTS = (".ps1", ".psm1", ".sh", ".cmd", ".bat", ".yml", ".yaml")
_MODULES = (".bicep", ".tf")
_NEVER = {"node_modules", ".git", ".hg", ".svn", ".terraform", ".venv", "__pycache__"}
_SPEAKS = pattern(rb"virtualmachineimages|imagetemplates?\b|templatelink", re.IGNORECASE)
_SOURCE, _DISTRIBUTE = pattern(rb"\bsource\b", re.IGNORECASE), pattern(rb"\bdistribute\b", re.IGNORECASE)
_MAKES = pattern(MAKES.encode(), re.IGNORECASE | re.MULTILINE)
_CALL = pattern(
    rb"^[ \t]*module\s+\w+\s+'(?P<file>[^'\n]+\.bicep)'"
    rb"|^[ \t]*module\s+\"[^\"\n]*\"\s*\{[^{}]*?^[ \t]*source\s*=\s*\"(?P<folder>\.{1,2}/[^\"\n]*)\"",
    re.MULTILINE,
)
_READ = rb"\b(?:file|templatefile)\(\s*\"(?:\$\{path\.(?:module|root)\}/)?(?P<file>[^\"\n$]+)\""
# An ARM template that Terraform deploys, and a local that holds one.
_DEPLOYED = pattern(rb"^[ \t]*template_(?:content|body)\s*=[^\n]*?(?:" + _READ + rb"|\blocal\.(?P<local>\w+))", re.MULTILINE)
_LOCAL = pattern(rb"^[ \t]*(?P<local>\w+)\s*=[^\n]*?" + _READ, re.MULTILINE)
_BUILT = pattern(rb'"_generator"\s*:\s*\{\s*"name"\s*:\s*"bicep"')
_SECONDS = 20
_MOST = 4 << 20


def candidates(
    folder: Path,
    output: Path | None,
    exclude: Collection[str],
    fail: Callable[[OSError], object],
    leave: Callable[[Path], object] = lambda _link: None,
) -> list[Path]:
    """The files below a folder that may be image templates, by their names, sorted by path; of scripts those that make one.

    Args:
        folder: Where to look; links to folders are not followed.
        output: A folder that is left out: that of an earlier conversion.
        exclude: Patterns of what is left out, for a name or for a path relative to the folder: `*.dev.json`, `old/*`.
        fail: Called with each folder that cannot be read.
        leave: Called with each link that is not followed: to a folder, or to an image template outside.

    """
    ignored = _ignored(folder)
    skipped = resolved(output) if output else None

    def is_wanted(path: Path) -> bool:
        name = path.relative_to(folder).as_posix()
        return not (name in ignored or any(matches(pattern, name) for pattern in exclude))

    found: list[Path] = []
    for top, folders, names in os.walk(folder, onerror=fail):
        below = [Path(top, name) for name in folders if name not in _NEVER]
        wanted = [path for path in below if resolved(path) != skipped and is_wanted(path)]
        folders[:] = [path.name for path in wanted]
        for link in filter(Path.is_symlink, wanted):
            leave(link)
        files = [Path(top, name) for name in names if name.lower().endswith((*SUFFIXES, *_SCRIPTS))]
        found += (path for path in files if is_wanted(path) and (path.suffix.lower() in SUFFIXES or _makes_templates(path)))
    files = _once(found)
    outside = {file for file in files if file.is_symlink() and _leads_out(file, folder)}
    for link in outside:
        leave(link)
    kept = _without_built([file for file in files if file not in outside])
    return sorted(kept, key=lambda file: file.relative_to(folder).parts)


def _leads_out(link: Path, folder: Path) -> bool:
    """Whether a link leads to an image template outside of a folder; one that leads to nothing does not."""
    return not is_within(link, folder) and speaks_of_image_templates(_start_of(link))


def _once(files: Collection[Path]) -> list[Path]:
    """The files, without links to others of them."""
    links = {file for file in files if file.is_symlink()}
    there = {resolved(file) for file in files if file not in links} if links else set()
    return [file for file in files if file not in links or resolved(file) not in there]


def speaks_of_image_templates(data: bytes) -> bool:
    """Whether a file may hold an image template, or lead to one, by its words alone; it need not be well-formed."""
    return any_speaks((data,))


def any_speaks(pieces: Iterable[bytes]) -> bool:
    """Whether a file that comes in pieces may hold one; each begins with the end of the one before, so that no word is cut."""
    source = distribute = False
    for piece in pieces:
        plain = piece.replace(b"\0", b"")  # UTF-16
        source = source or _SOURCE.search(plain) is not None
        distribute = distribute or _DISTRIBUTE.search(plain) is not None
        if (source and distribute) or _SPEAKS.search(plain) or _MAKES.search(plain):
            return True
    return False


@dataclass(frozen=True, slots=True)
class Modules:
    """Files that call what speaks of image templates, and files that are built with those which call them."""

    callers: frozenset[Path]
    called: frozenset[Path]


def modules_of(files: Collection[Path]) -> Modules:
    """Which of the Bicep and Terraform files of a folder call which others there, as far as image templates go.

    A JSON template that Terraform deploys is called too.
    """
    sources = [file for file in files if file.suffix.lower() in _MODULES]
    known: dict[str, list[Path]] = {}
    for file in files:
        known.setdefault(os.path.normpath(file), []).append(file)
        if file.suffix.lower() == ".tf":
            known.setdefault(os.path.normpath(file.parent), []).append(file)
    calls: dict[Path, list[Path]] = {}
    speaking: set[Path] = set()
    deployed: set[Path] = set()

    @cache
    def locals_in(folder: Path) -> Mapping[bytes, Collection[bytes]]:
        return _locals_of(known.get(os.path.normpath(folder), ()))

    for file in sources:
        data = _start_of(file)
        own = {one for path in _deployed_by(file, data, locals_in) for one in known.get(path, ())}
        deployed |= own
        calls[file] = [one for path in _called_by(file, data) for one in known.get(path, ()) if one != file] + sorted(own)
        if speaks_of_image_templates(data):
            speaking.add(file)
    speaking |= {file for file in deployed.difference(sources) if speaks_of_image_templates(_start_of(file))}
    callers = _reached(speaking, _turned_round(calls)) - speaking
    wanted = callers | speaking
    in_calls = {one for called in calls.values() for one in called}
    called = wanted & {one for file in wanted - in_calls for one in _reached({file}, calls) - {file}}
    built = {
        file for file in files if file.suffix.lower() == ".json" and file.with_suffix(".bicep") in called and _is_built(file)
    }
    return Modules(frozenset(callers), frozenset(called | built))


def _called_by(file: Path, data: bytes) -> Iterator[str]:
    """The files and folders of the modules that a file calls. One that calls what lies around it is an example of that."""
    for call in _CALL.finditer(data):
        path = os.path.normpath(file.parent / os.fsdecode(call["file"] or call["folder"]))
        folder = Path(path).parent if call["file"] else Path(path)
        here = Path(os.path.normpath(file.parent))
        if folder == here or not here.is_relative_to(folder):
            yield path


def _deployed_by(file: Path, data: bytes, locals_in: Callable[[Path], Mapping[bytes, Collection[bytes]]]) -> Iterator[str]:
    """The templates that a Terraform file deploys, as their files; of one that Bicep makes, what it is made of too."""
    for call in _DEPLOYED.finditer(data) if file.suffix.lower() == ".tf" else ():
        for name in (call["file"],) if call["file"] else locals_in(file.parent).get(call["local"], ()):
            path = os.path.normpath(file.parent / os.fsdecode(name))
            yield from (path, str(Path(path).with_suffix(".bicep")))


def _locals_of(files: Iterable[Path]) -> Mapping[bytes, Collection[bytes]]:
    """The files that the locals of a Terraform module may hold, by their names."""
    found: dict[bytes, set[bytes]] = {}
    for file in files:
        for local in _LOCAL.finditer(_start_of(file)):
            found.setdefault(local["local"], set()).add(local["file"])
    return found


def _turned_round(calls: Mapping[Path, Collection[Path]]) -> dict[Path, list[Path]]:
    turned: dict[Path, list[Path]] = {}
    for file, called in calls.items():
        for one in called:
            turned.setdefault(one, []).append(file)
    return turned


def _reached(start: Collection[Path], steps: Mapping[Path, Collection[Path]]) -> set[Path]:
    """All that steps lead to from a start, which is among it."""
    reached, waiting = set(start), list(start)
    while waiting:
        for one in steps.get(waiting.pop(), ()):
            if one not in reached:
                reached.add(one)
                waiting.append(one)
    return reached


def _makes_templates(script: Path) -> bool:
    return _MAKES.search(_start_of(script).replace(b"\0", b"")) is not None


def _start_of(file: Path, most: int = _MOST) -> bytes:
    """What a file begins with, up to a size that by default none of its kind has; nothing where it cannot be read."""
    try:
        with open_file(file) as opened:
            return opened.read(most)
    except OSError:
        return b""


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
    return _BUILT.search(_start_of(file, 4096)) is not None


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
