"""The customizers, one file each: how it reads and what it becomes. A new one is a file here and a line in `CUSTOMIZERS`."""

from __future__ import annotations

from aib2packer.customizers import file, powershell, shell, windows_restart, windows_update
from aib2packer.options import OsType
from aib2packer.packer.steps.customizer_kind import CustomizerKind

CUSTOMIZERS = {
    kind.name: kind
    for kind in (
        CustomizerKind(shell.KIND, OsType.LINUX, shell.read, shell.translate),
        CustomizerKind(powershell.KIND, OsType.WINDOWS, powershell.read, powershell.translate),
        CustomizerKind(windows_restart.KIND, OsType.WINDOWS, windows_restart.read, windows_restart.translate),
        CustomizerKind(windows_update.KIND, OsType.WINDOWS, windows_update.read, windows_update.translate),
        CustomizerKind(file.KIND, None, file.read, file.translate),
    )
}
