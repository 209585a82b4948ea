"""The customizers, and the validators, which are of the same kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from aib2packer.aib.kinds import choose_kind
from aib2packer.findings import codes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aib2packer.aib.fields import Fields
    from aib2packer.aib.model import Customizer


class ReadsCustomizer(Protocol):
    """A kind of customizer, as far as reading goes."""

    @property
    def read(self) -> Callable[[int, Fields], Customizer | None]:
        """Read the keys of a customizer, which has a number; None after an error."""


def read_customizers(parent: Fields, key: str, kinds: Mapping[str, ReadsCustomizer], what: str) -> tuple[Customizer, ...]:
    """Read the array at `key`; one that cannot be read is an error, and left out. Findings call one of them `what`."""
    customizers: list[Customizer] = []
    names: set[str] = set()
    for index, fields in parent.each(key):
        kind = choose_kind(fields, kinds, what)
        if kind is None:
            continue
        customizer = kinds[kind].read(index, fields)
        fields.close()
        if customizer is None:
            continue
        if customizer.name is not None and str(customizer.name) in names:
            parent.report.add(
                codes.REPEATED_NAME,
                customizer.name.span,
                f"the {what} name `{customizer.name}` is used twice",
                help=f"Give each {what} a name of its own: the log shows it.",
            )
        names.add(str(customizer.name))
        customizers.append(customizer)
    return tuple(customizers)
