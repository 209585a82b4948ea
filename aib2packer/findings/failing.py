"""Which findings of a run fail: those at the level that the user gave, but for what is said of files that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.findings.codes import KEPT, LEFT_OVER, NOT_WRITTEN, OUT_OF_DATE
from aib2packer.findings.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aib2packer.findings.model import Finding, Level

ABOUT_FILES = {KEPT, LEFT_OVER, NOT_WRITTEN, OUT_OF_DATE}


class Failing:
    """Counts the findings that fail."""

    def __init__(self, level: Level) -> None:
        """Take the lightest findings that fail."""
        self._level = level
        self.count = 0
        self.by_level = False
        """Whether any of them is no error, and fails because the user wants it."""

    def add(self, findings: Iterable[Finding]) -> None:
        """Take the findings of one template more."""
        failing = [one for one in findings if one.code not in ABOUT_FILES and one.reaches(self._level)]
        self.count += len(failing)
        self.by_level |= any(one.severity is not Severity.ERROR for one in failing)
