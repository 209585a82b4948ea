"""The customizers, one file each: how it reads and what it becomes. A new one is a file here and a line in `CUSTOMIZERS`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.lazy.kinds import Kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.packer.steps.customizer_kind import CustomizerKind

CUSTOMIZERS: Mapping[str, CustomizerKind] = Kinds(
    {
        "Shell": "aib2packer.customizers.shell",
        "PowerShell": "aib2packer.customizers.powershell",
        "WindowsRestart": "aib2packer.customizers.windows_restart",
        "WindowsUpdate": "aib2packer.customizers.windows_update",
        "File": "aib2packer.customizers.file",
    }
)
"""The kinds of customizers, by the `type` that the template says."""
