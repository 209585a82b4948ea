"""Kinds that are imported when they are first asked for: a build has few of those that there are."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

K = TypeVar("K")


class Kinds(Mapping[str, K]):
    """The kinds of something by their names: each is the `KIND` of a module, and imported with that."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        """Make it of the modules by the names of their kinds."""
        self._modules = modules
        self._loaded: dict[str, K] = {}

    def __getitem__(self, name: str) -> K:
        """Import a kind, where it is not imported yet."""
        if name not in self._loaded:
            self._loaded[name] = import_module(self._modules[name]).KIND
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        """Whether there is a kind of this name; nothing is imported for that."""
        return name in self._modules

    def __iter__(self) -> Iterator[str]:
        """The names in the order in which they are listed; nothing is imported for them."""
        return iter(self._modules)

    def __len__(self) -> int:
        """How many kinds there are."""
        return len(self._modules)
