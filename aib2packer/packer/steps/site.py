"""What a customizer and the build that it becomes part of must know of each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aib2packer.hcl.values import Code, Interpolation, Local
from aib2packer.options import OsType

if TYPE_CHECKING:
    from collections.abc import Callable

    from aib2packer.aib.fields import Fields
    from aib2packer.aib.model import Customizer
    from aib2packer.findings.model import Report
    from aib2packer.packer.model import Steps
    from aib2packer.packer.variables.symbols import Symbols

# Direct execution honours the shebang of the script, and Packer's own of inline commands: reference/aib-behaviour.md 1.4
AS_ROOT = Local(
    "as_root", "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}", "Image Builder runs Shell customizers as root."
)


def beside_template(path: str) -> Interpolation:
    """A path beside the HCL: Packer takes relative ones from where it was started."""
    return Interpolation((Code("path.root"), f"/{path}"))


@dataclass(frozen=True, slots=True)
class Site:
    """`downloads` is the folder of fetched files; `side_files` says whether files may lie beside the HCL."""

    os_type: OsType
    side_files: bool
    downloads: Local
    symbols: Symbols
    report: Report

    @property
    def is_windows(self) -> bool:
        """Whether the image is a Windows image."""
        return self.os_type is OsType.WINDOWS

    def remote_path(self, file_name: str) -> str:
        """Where a file of ours lies on the VM."""
        return f"C:\\Windows\\Temp\\{file_name}" if self.is_windows else f"/tmp/{file_name}"  # noqa: S108 - on the VM


@dataclass(frozen=True, slots=True)
class CustomizerKind:
    """A kind of customizer: its reader, its translation, and the operating system that it runs on (None: any)."""

    name: str
    os_type: OsType | None
    read: Callable[[int, Fields], Customizer | None]
    translate: Callable[[Any, Site], Steps]  # takes what its own `read` gives
