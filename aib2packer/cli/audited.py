"""What a report says of itself: what was looked at, and when."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aib2packer.app.azure.template_ids import name_of_template
from aib2packer.app.inputs import STDIN
from aib2packer.findings.text import listed, safe
from aib2packer.system.files import resolved

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMES = 4


def what(paths: Sequence[str], subscription: str | None, group: str | None) -> str:
    """What the arguments stand for, as others know it: paths from the name of the repository on, names of what is in Azure."""
    if paths:
        return safe(listed([*map(_called, paths[:_NAMES])], len(paths)))
    places = (("resource group", group), ("subscription", subscription))
    return safe(", ".join(f"{kind} {name}" for kind, name in places if name))


def today() -> str:
    """The day, `2026-11-27`; that of SOURCE_DATE_EPOCH where it is set, so that reports can be made again byte by byte."""
    try:
        moment = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        moment = datetime.now(UTC)
    return moment.date().isoformat()


def _called(argument: str) -> str:
    if argument == STDIN:
        return "standard input"
    if (name := name_of_template(argument)) is not None:
        return name
    given = Path(argument)
    path = resolved(given) or given
    above = (path, *path.parents)
    top = next((folder for folder in above if (folder / ".git").exists()), None)
    if top is not None:
        name = path.relative_to(top.parent).as_posix()
    else:  # what is above the working folder, or where it lies, is nobody else's business
        name = given.as_posix() if given.name and not given.is_absolute() and ".." not in given.parts else path.name
    return f"{name}/" if path.is_dir() else name
