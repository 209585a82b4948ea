"""Commands that build services read out of what a job prints: of Azure Pipelines and of GitHub Actions.

https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands, and
https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands: `##vso[…]` and `##[…]` anywhere in a line,
and `::name …::` at its beginning.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Callable

# The first character of each; a line may come to be broken before any word.
_START = pattern(r"#(?=#(?:vso)?\[)|(?<!\S):(?=:[a-z-]+(?:\s[^\n]*?)?::)", re.IGNORECASE)


def is_command(text: str, offset: int) -> bool:
    """Whether a command begins at an offset."""
    return text.startswith(("##", "::"), offset) and _START.match(text, offset) is not None


def break_up(text: str, escape: Callable[[str], str]) -> str:
    """The text with the first character of each command as an escape."""
    if "##" not in text and "::" not in text:
        return text
    return _START.sub(lambda match: escape(match[0]), text)
