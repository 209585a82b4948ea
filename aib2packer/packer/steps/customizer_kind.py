"""What a kind of customizer is to the build: how it is read, what it becomes, and where it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aib2packer.lazy.models import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from aib2packer.aib.fields import Fields
    from aib2packer.aib.model import Customizer
    from aib2packer.options import OsType
    from aib2packer.packer.model import Steps
    from aib2packer.packer.steps.build_context import BuildContext


@dataclass(frozen=True, slots=True)
class CustomizerKind:
    """A kind of customizer: its reader, its translation, and the operating system that it runs on (None: any)."""

    name: str
    os_type: OsType | None
    read: Callable[[int, Fields], Customizer | None]
    translate: Callable[[Any, BuildContext], Steps]  # takes what its own `read` gives
