"""What a customizer and the build that it becomes part of must know of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.arm.language.symbolic import walk
from aib2packer.arm.language.text import LateExpression
from aib2packer.hcl.values import Local
from aib2packer.lazy.models import dataclass
from aib2packer.options import OsType

if TYPE_CHECKING:
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.findings.model import Report
    from aib2packer.packer.decisions import Decisions
    from aib2packer.packer.variables.symbols import Symbols

# Direct execution honours the shebang of the script, and Packer's own of inline commands: docs/reference/aib-behaviour.md 1.4
AS_ROOT = Local(
    "as_root", "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}", "Image Builder runs Shell customizers as root."
)


@dataclass(frozen=True, slots=True)
class BuildContext:
    """`downloads` is the folder of fetched files; `side_files` says whether files may lie beside the HCL."""

    decisions: Decisions
    side_files: bool
    downloads: Local
    symbols: Symbols
    report: Report
    signs_in_by_file: bool = False
    """Whether a file of the build signs the Azure CLI in; else each script that runs it has that itself."""
    shares_downloads: bool = False
    """Whether other builds fetch into the same folder, perhaps at the same time."""
    declares_ids: bool = False
    """Whether the ids in the template become variables, which other builds may have too."""

    @property
    def os_type(self) -> OsType:
        """The operating system of the image."""
        return self.decisions.os_type

    @property
    def is_windows(self) -> bool:
        """Whether the image is a Windows image."""
        return self.os_type is OsType.WINDOWS

    def renders(self, text: TemplateText) -> bool:
        """Whether a value in a text holds `{{`, as it is now: Packer takes that for a template wherever the value comes to."""
        late = (part.value for part in text.symbols if isinstance(part, LateExpression))
        pieces = (piece for symbol in late for piece in walk(self.symbols.resolve(symbol)))
        return any(isinstance(piece, str) and "{{" in piece for piece in pieces)

    def remote_path(self, file_name: str) -> str:
        """Where a file of ours lies on the VM."""
        return f"C:\\Windows\\Temp\\{file_name}" if self.is_windows else f"/tmp/{file_name}"  # noqa: S108 - on the VM
