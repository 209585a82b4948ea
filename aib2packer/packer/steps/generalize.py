"""Generalizing the VM at the end, as the service does (docs/reference/aib-behaviour.md 1.9).

The service lays a script down first and runs it last, so that a customizer can change it. The texts of the two scripts are an
interface: templates edit them by string match.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from aib2packer.hcl.values import Interpolation
from aib2packer.lazy.patterns import pattern
from aib2packer.packer.layout import (
    DEPROVISIONING_SCRIPT,
    GENERALIZE,
    LAY_SCRIPT,
    LAY_SCRIPT_AGAIN,
    RUN_SCRIPT,
    beside_template,
)
from aib2packer.packer.model import Provisioner, Steps
from aib2packer.packer.steps.build_context import AS_ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.aib.model import Customizer
    from aib2packer.hcl.values import Value
    from aib2packer.packer.steps.build_context import BuildContext

# What may reach the script: its name, or a wildcard over the folder that it lies in.
_NAMES_SCRIPT = pattern(r"deprovisioningscript|/tmp/?\*|\brm\s+-\w+\s+(?:\S+\s+){0,30}/tmp\b", re.IGNORECASE)

_LINUX = """\
WAAGENT=/usr/sbin/waagent
if waagent -version > /dev/null 2>&1; then
  WAAGENT=waagent
fi
$WAAGENT -force -deprovision+user && export HISTSIZE=0 && sync
"""
_WINDOWS = """\
Write-Output '>>> Waiting for GA Service (RdAgent) to start ...'
while ((Get-Service RdAgent).Status -ne 'Running') { Start-Sleep -s 5 }
Write-Output '>>> Waiting for GA Service (WindowsAzureTelemetryService) to start ...'
while ((Get-Service WindowsAzureTelemetryService) -and ((Get-Service WindowsAzureTelemetryService).Status -ne 'Running')) { Start-Sleep -s 5 }
Write-Output '>>> Waiting for GA Service (WindowsAzureGuestAgent) to start ...'
while ((Get-Service WindowsAzureGuestAgent).Status -ne 'Running') { Start-Sleep -s 5 }
if (Test-Path $Env:SystemRoot\\system32\\Sysprep\\unattend.xml) {
  Write-Output '>>> Removing Sysprep\\unattend.xml ...'
  Remove-Item $Env:SystemRoot\\system32\\Sysprep\\unattend.xml -Force
}
if (Test-Path $Env:SystemRoot\\Panther\\unattend.xml) {
  Write-Output '>>> Removing Panther\\unattend.xml ...'
  Remove-Item $Env:SystemRoot\\Panther\\unattend.xml -Force
}
Write-Output '>>> Sysprepping VM ...'
& $Env:SystemRoot\\System32\\Sysprep\\Sysprep.exe /oobe /generalize /quiet /quit
while ($true) {
  $imageState = (Get-ItemProperty HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Setup\\State).ImageState
  Write-Output $imageState
  if ($imageState -eq 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE') { break }
  Start-Sleep -s 5
}
Write-Output '>>> Sysprep complete ...'
"""  # noqa: E501 - the service's own text
_RUN_WINDOWS = """\
if (Test-Path C:\\DeprovisioningScript.ps1) {
  powershell -ExecutionPolicy Bypass -Command '& C:\\DeprovisioningScript.ps1; exit $LASTEXITCODE'
} else {
  Write-Output 'No deprovisioning script: the image is not generalized'
}
"""
_RUN_LINUX = (
    "if [ -f /tmp/DeprovisioningScript.sh ]; then sh /tmp/DeprovisioningScript.sh; "
    "else echo 'No deprovisioning script: the image is not generalized'; fi"
)
NO_FILES: Mapping[str, bytes] = MappingProxyType({})
_GENERALIZE: Mapping[str, Value] = {"name": "generalize"}
_LINE = "\n"
_REMOVES_ITSELF = 'It removes itself (rm "$0"), because Packer cannot clean up after the user is gone.'


def may_change_script(customizer: Customizer) -> bool:
    """Whether a customizer may change the deprovisioning script: it names it, or cannot be seen."""
    text = customizer.visible_text
    if text is None:
        return True
    text = text.lower()
    return ("deprovisioningscript" in text or "/tmp" in text) and _NAMES_SCRIPT.search(text) is not None  # noqa: S108 - on the VM


def lay_script(context: BuildContext, comment: str, *, only_if_missing: bool = False) -> Steps:
    """Lay the deprovisioning script down; on Linux alone `only_if_missing`, for there a restart may remove it."""
    head: dict[str, Value] = {"name": "deprovisioning-script"}
    if context.is_windows:
        place = {"destination": "C:\\DeprovisioningScript.ps1"}
        if not context.side_files:
            return _one("file", {**head, **place, "content": Interpolation((_WINDOWS,), multiline=True)}, comment)
        files = {DEPROVISIONING_SCRIPT: _WINDOWS.encode()}
        return _one("file", {**head, "source": beside_template(DEPROVISIONING_SCRIPT), **place}, comment, files)
    # Written by root: on Ubuntu not even root may append to somebody else's file in /tmp.
    write = f"cat > /tmp/DeprovisioningScript.sh <<'END'\n{_LINUX}END\n"
    if only_if_missing:
        write = f"if [ -f /tmp/DeprovisioningScript.sh ]; then exit 0; fi\n{write}"
    path = LAY_SCRIPT_AGAIN if only_if_missing else LAY_SCRIPT
    return _shell({**head, "execute_command": AS_ROOT}, (write,), path, comment, context)


def run_script(context: BuildContext) -> Steps:
    """Run what is left of the script; where nothing is, warn and go on, as the service does."""
    return _powershell(_RUN_WINDOWS, context) if context.is_windows else _last_step(_RUN_LINUX, context)


def generalize(context: BuildContext) -> Steps:
    """Generalize in one plain step, where no customizer can have changed the script."""
    return _powershell(_WINDOWS, context) if context.is_windows else _last_step(_LINUX, context)


def _powershell(script: str, context: BuildContext) -> Steps:
    if not context.side_files:
        return _one("powershell", {**_GENERALIZE, "inline": (Interpolation((script,), multiline=True),)})
    path = f"{GENERALIZE if script == _WINDOWS else RUN_SCRIPT}.ps1"
    return _one("powershell", {**_GENERALIZE, "script": beside_template(path)}, files={path: script.encode()})


def _last_step(commands: str, context: BuildContext) -> Steps:
    path = f"{GENERALIZE if commands == _LINUX else RUN_SCRIPT}.sh"
    settings: dict[str, Value] = {**_GENERALIZE, "execute_command": AS_ROOT, "skip_clean": True}
    return _shell(settings, ('rm "$0"', commands), path, _REMOVES_ITSELF, context)


def _shell(settings: dict[str, Value], commands: tuple[str, ...], path: str, comment: str, context: BuildContext) -> Steps:
    """A step that runs commands as root: from a file where there may be one, with the shebang that Packer gives inline ones."""
    if not context.side_files:
        inline = tuple(Interpolation((one,), multiline=True) if "\n" in one else one for one in commands)
        return _one("shell", {**settings, "inline": inline}, comment)
    script = "".join(f"{one.removesuffix(_LINE)}\n" for one in ("#!/bin/sh -e", *commands))
    return _one("shell", {**settings, "script": beside_template(path)}, comment, {path: script.encode()})


def _one(kind: str, settings: dict[str, Value], comment: str = "", files: Mapping[str, bytes] = NO_FILES) -> Steps:
    return Steps((Provisioner(kind, settings, comment),), files=files)
