"""Generalizing the VM at the end, as the service does (docs/reference/aib-behaviour.md 1.9).

The service lays a script down first and runs it last, so that a customizer can change it. The texts of the two scripts are an
interface: templates edit them by string match.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.hcl.values import Interpolation
from aib2packer.lazy.patterns import pattern
from aib2packer.packer.model import Provisioner
from aib2packer.packer.steps.build_context import AS_ROOT

if TYPE_CHECKING:
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
_REMOVES_ITSELF = 'It removes itself (rm "$0"), because Packer cannot clean up after the user is gone.'


def may_change_script(customizer: Customizer) -> bool:
    """Whether a customizer may change the deprovisioning script: it names it, or cannot be seen."""
    text = customizer.visible_text
    return text is None or _NAMES_SCRIPT.search(text) is not None


def lay_script(context: BuildContext, comment: str, *, only_if_missing: bool = False) -> Provisioner:
    """Lay the deprovisioning script down; on Linux alone `only_if_missing`, for there a restart may remove it."""
    if context.is_windows:
        settings: dict[str, Value] = {
            "name": "deprovisioning-script",
            "destination": "C:\\DeprovisioningScript.ps1",
            "content": Interpolation((_WINDOWS,), multiline=True),
        }
        return Provisioner("file", settings, comment)
    # Written by root: on Ubuntu not even root may append to somebody else's file in /tmp.
    write = f"cat > /tmp/DeprovisioningScript.sh <<'END'\n{_LINUX}END\n"
    if only_if_missing:
        write = f"if [ -f /tmp/DeprovisioningScript.sh ]; then exit 0; fi\n{write}"
    settings = {
        "name": "deprovisioning-script",
        "execute_command": AS_ROOT,
        "inline": (Interpolation((write,), multiline=True),),
    }
    return Provisioner("shell", settings, comment)


def run_script(context: BuildContext) -> Provisioner:
    """Run what is left of the script; where nothing is, warn and go on, as the service does."""
    if context.is_windows:
        return Provisioner("powershell", {"name": "generalize", "inline": (Interpolation((_RUN_WINDOWS,), multiline=True),)})
    return _last_step(_RUN_LINUX)


def generalize(context: BuildContext) -> Provisioner:
    """Generalize in one plain step, where no customizer can have changed the script."""
    if context.is_windows:
        return Provisioner("powershell", {"name": "generalize", "inline": (Interpolation((_WINDOWS,), multiline=True),)})
    return _last_step(Interpolation((_LINUX,), multiline=True))


def _last_step(command: Value) -> Provisioner:
    return Provisioner(
        "shell",
        {"name": "generalize", "execute_command": AS_ROOT, "skip_clean": True, "inline": ('rm "$0"', command)},
        _REMOVES_ITSELF,
    )
