"""Templates that another one links to, by their paths."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aib2packer.jsonc.reader import parse
from aib2packer.system.files import is_within, read_bytes
from aib2packer.text.source import InputError, decode

if TYPE_CHECKING:
    from aib2packer.findings.model import Report
    from aib2packer.jsonc.tree import Json

_LINKED = {".json", ".jsonc"}


def read_linked(file: str, root: Path | None, path: str, report: Report) -> Json | None:
    """A template by its path beside the file that is converted; None where it cannot be had, or lies outside of the root."""
    linked = Path(file).parent / path
    # Findings quote what they are about: a template shows no other file of this machine.
    if linked.suffix.lower() not in _LINKED or not is_within(linked, Path(file).parent if root is None else root):
        return None
    try:
        return parse(decode(read_bytes(str(linked), linked), str(linked)), report)
    except InputError:
        return None
