"""Templates that another one links to, by their paths."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from aib2packer.jsonc.reader import parse
from aib2packer.text.source import FileError

if TYPE_CHECKING:
    from collections.abc import Callable

    from aib2packer.findings.model import Report
    from aib2packer.jsonc.tree import Json
    from aib2packer.text.source import SourceText

_LINKED = {".json", ".jsonc"}


def read_linked(read: Callable[[str], SourceText], path: str, report: Report) -> Json | None:
    """A template by its path beside the input, whose files `read` gives; None where it cannot be had."""
    # Findings quote what they are about: a template shows no other file of this machine.
    if PurePosixPath(path).suffix.lower() not in _LINKED:
        return None
    try:
        source = read(path)
    except FileError:
        return None
    return parse(source, report)
