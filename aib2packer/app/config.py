"""`aib2packer.toml`, or `[tool.aib2packer]` of pyproject.toml: options for a folder, and for single templates in it."""

from __future__ import annotations

import re
from os.path import commonpath, lexists
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from aib2packer.lazy.models import dataclass, field
from aib2packer.lazy.patterns import pattern
from aib2packer.system.files import read_bytes, resolved
from aib2packer.text.globs import matches
from aib2packer.text.source import FileError
from aib2packer.text.toml import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FILE = "aib2packer.toml"
_PROJECT = "pyproject.toml"
# What a project that says something here has; reading all of another would take longer than looking for it.
_MAY_SAY = pattern(
    r"""\btool["']?\s*\.\s*["']?aib2packer|^\s*\[\s*["']?tool["']?\s*\]|^\s*["']?tool["']?\s*=|\\[uU]""", re.MULTILINE
)
_TEMPLATES, _REPLACE, _MATCH = "template", "replace", "match"


@dataclass(frozen=True, slots=True)
class Rule:
    """Options of the templates whose path matches one of the patterns."""

    patterns: tuple[str, ...]
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Config:
    """What a file says: options of all, those of single templates in order, and old names with their new ones."""

    file: Path | None = None
    everywhere: Mapping[str, object] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    replacements: tuple[tuple[str, str], ...] = ()

    def rules_of(self, path: Path) -> list[Rule]:
        """The rules that are for a template, in order."""
        name = self._name(path) if self.rules else ""
        return [rule for rule in self.rules if name and any(matches(pattern, name) for pattern in rule.patterns)]

    def excludes(self, path: Path) -> bool:
        """Whether `exclude` names a template, or a folder that it is in, by the path from the folder of the file on."""
        patterns = self.everywhere.get("exclude")
        if not isinstance(patterns, list) or not (name := self._name(path)):
            return False
        places = [str(place) for place in (PurePosixPath(name), *PurePosixPath(name).parents)][:-1]
        return any(matches(str(pattern), place) for pattern in patterns for place in places)

    def _name(self, path: Path) -> str:
        """The path of a template from the folder of the file on; "" for one that lies elsewhere."""
        if self.file is None:
            return ""
        folder, absolute = resolved(self.file.parent), resolved(path)
        if folder is None or absolute is None or not absolute.is_relative_to(folder):
            return ""
        return absolute.relative_to(folder).as_posix()


def find_config(inputs: Iterable[Path], working: Path) -> Path | None:
    """The file that is nearest to the inputs: above all of them, else above the working folder; up to that of the repository.

    Args:
        inputs: What is converted; a folder is searched itself too.
        working: The working folder.

    Raises:
        FileError: A project file cannot be read.

    """
    folders = [path if path.is_dir() else path.parent for path in (working / one for one in inputs)]
    shared = Path(commonpath(folders)) if folders and len({folder.anchor for folder in folders}) == 1 else working
    return nearest(resolved(shared) or working) or nearest(working)


def nearest(start: Path) -> Path | None:
    """The file in a folder, or in the nearest one above it; up to that of the repository."""
    for folder in (start, *start.parents):
        if (file := _in(folder)) is not None:
            return file
        if (folder / ".git").exists():
            return None
    return None


def _in(folder: Path) -> Path | None:
    if lexists(folder / FILE):  # what is no file there is told when it is read
        return folder / FILE
    return folder / _PROJECT if (folder / _PROJECT).is_file() and _table(folder / _PROJECT) else None


class Configs:
    """The files of options of a run: one for the run, and in place of it the nearest one above each template."""

    def __init__(self, of_run: Config, *, only: bool = False) -> None:
        """`only`: whether the file of the run is for all templates, whatever lies nearer."""
        self.of_run = of_run
        self._only = only
        self._by_folder: dict[Path, Path | None] = {}
        self._read = {of_run.file and of_run.file.resolve(): of_run}

    def of(self, template: Path | None) -> Config:
        """What holds for a template; None for one that is no file.

        Raises:
            FileError: The file cannot be read, or says what cannot be meant.

        """
        if self._only or template is None:
            return self.of_run
        folder = template.parent
        if folder not in self._by_folder:
            self._by_folder[folder] = nearest(resolved(folder) or folder.absolute())
        file = self._by_folder[folder]
        if file is None:
            return self.of_run
        if file not in self._read:
            self._read[file] = read_config(file)
        return self._read[file]

    @property
    def every(self) -> tuple[Config, ...]:
        """All that have been read."""
        return tuple(self._read.values())


def read_config(file: Path) -> Config:
    """What a file says.

    Raises:
        FileError: It cannot be read, or says what cannot be meant.

    """
    table = dict(_table(file))
    rules = table.pop(_TEMPLATES, [])
    replace = table.pop(_REPLACE, {})
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise FileError(str(file), "`template` is not a list of tables", "Write [[template]] above the options of a template.")
    if not isinstance(replace, dict) or not all(isinstance(new, str) and old and new for old, new in replace.items()):
        raise FileError(str(file), "`replace` does not give each old name a new one", 'Write "old" = "new" below [replace].')
    return Config(file, table, tuple(_rule(file, rule) for rule in rules), tuple(replace.items()))


def _rule(file: Path, table: Mapping[str, object]) -> Rule:
    match = table.get(_MATCH)
    patterns = (match,) if isinstance(match, str) else tuple(match) if isinstance(match, list) else ()
    if not patterns or not all(isinstance(pattern, str) for pattern in patterns):
        reason = "a [[template]] does not say which templates it is for"
        raise FileError(str(file), reason, 'Write match = "linux/*.json", or a list of patterns; "**" is all.')
    return Rule(tuple(map(str, patterns)), {name: value for name, value in table.items() if name != _MATCH})


def _table(file: Path) -> Mapping[str, object]:
    try:
        text = read_bytes(str(file), file).decode("utf-8-sig").replace("\r\n", "\n")
    except FileError as error:
        raise FileError(error.file, error.reason, "Correct it, or remove it.") from error
    except UnicodeDecodeError as error:
        raise FileError(str(file), f"cannot be read ({error})", "Save it as UTF-8.") from error
    if file.name == _PROJECT and not _MAY_SAY.search(text):
        return {}
    try:
        document = read_toml(text)
    except ValueError as error:
        if file.name == _PROJECT:
            return {}  # whoever it is for will tell
        raise FileError(str(file), f"is not TOML: {error}", "Correct it.") from error
    if file.name != _PROJECT:
        return document
    tool = document.get("tool")
    table = tool.get("aib2packer") if isinstance(tool, dict) else None
    return table if isinstance(table, dict) else {}
