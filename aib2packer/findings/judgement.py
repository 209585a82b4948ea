"""What a run says of one template, and how all formats name its file."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from aib2packer.lazy.models import dataclass

if TYPE_CHECKING:
    from aib2packer.findings.model import Finding


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of one template: its name, what became of it, and the findings."""

    template: str
    outcome: str
    findings: tuple[Finding, ...]
    diff: str = ""
    """How the output differs from what is there, where that was asked."""
    lost: int = 0
    """How many of its settings are lost."""


def relative(name: str) -> PurePath:
    """The path of an input as those see it who stand in the working folder; others stay as they are."""
    path = PurePath(name)
    return path.relative_to(Path.cwd()) if path.is_absolute() and path.is_relative_to(Path.cwd()) else path
