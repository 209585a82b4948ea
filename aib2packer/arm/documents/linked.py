"""Templates that another one links to, by their paths."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from aib2packer.jsonc.reader import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from aib2packer.findings.model import Report
    from aib2packer.jsonc.tree import Json
    from aib2packer.text.source import SourceText

_LINKED = {".json", ".jsonc"}


def read_linked(read: Callable[[str], SourceText | None], path: str, report: Report) -> Json | None:
    """A template by its path beside the input, whose files `read` gives; None where it cannot be had."""
    # Findings quote what they are about: a template shows no other file of this machine.
    source = read(path) if PurePosixPath(path).suffix.lower() in _LINKED else None
    return None if source is None else parse(source, report)
