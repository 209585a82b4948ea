"""Regular expressions that are compiled when they are first used: most runs need a part of them only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

__all__ = ["pattern"]

if TYPE_CHECKING:
    from re import compile as pattern
else:

    class pattern:  # noqa: N801 - stands for a function
        """What `re.compile` takes; its methods are those of the compiled expression."""

        def __init__(self, text: str, flags: int = 0) -> None:
            self._given = (text, flags)

        def __getattr__(self, name: str) -> object:
            made = getattr(re.compile(*self._given), name)
            setattr(self, name, made)
            return made
