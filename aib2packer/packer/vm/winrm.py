"""How Packer reaches a Windows VM: WinRM over HTTPS, whose listener needs a certificate (docs/reference/aib-behaviour.md 1.3).

By default azure-arm brings the certificate through a Key Vault of its own. Image Builder has the VM make one, with a script in
its user data that Azure runs when the VM starts; so does `--winrm-bootstrap user-data`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.hcl.values import HclCode, Interpolation, Local
from aib2packer.options import WinrmBootstrap
from aib2packer.packer.layout import WINRM_SCRIPT, beside_template

if TYPE_CHECKING:
    from aib2packer.hcl.values import Value
    from aib2packer.packer.steps.build_context import BuildContext


# For Windows PowerShell 5.1. An image that was built this way before has a listener and a rule already.
SCRIPT = """\
# Lets Packer in: WinRM over HTTPS on port 5986, with a certificate that the VM makes for itself.
# Azure runs this once, when the build VM starts; an error ends the build there.
$ErrorActionPreference = 'Stop'

# Starts the service. That Windows takes the network for a public one is no obstacle.
Enable-PSRemoting -Force -SkipNetworkProfileCheck | Out-Null

$certificate = New-SelfSignedCertificate -DnsName $env:COMPUTERNAME -CertStoreLocation Cert:\\LocalMachine\\My
$thumbprint = $certificate.Thumbprint

Get-ChildItem WSMan:\\localhost\\Listener |
  Where-Object { $_.Keys -contains 'Transport=HTTPS' } |
  Remove-Item -Recurse -Force
New-Item WSMan:\\localhost\\Listener -Transport HTTPS -Address * -CertificateThumbPrint $thumbprint -Force | Out-Null

$rule = @{
  Name        = 'packer-winrm'
  DisplayName = 'WinRM over HTTPS for Packer'
  Direction   = 'Inbound'
  Protocol    = 'TCP'
  LocalPort   = 5986
  Profile     = 'Any'
  Action      = 'Allow'
}
Remove-NetFirewallRule -Name $rule.Name -ErrorAction SilentlyContinue
New-NetFirewallRule @rule | Out-Null

Remove-Item $PSCommandPath
"""
_SCRIPT = Local("winrm_script", Interpolation((SCRIPT,), multiline=True))

# What the VM's agent gives to cmd.exe: `&` is safe inside of the quotes. The metadata service has user data in base64.
_RUN_USER_DATA = (
    'powershell -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "'
    "$ErrorActionPreference = 'Stop'; "
    "$uri = 'http://169.254.169.254/metadata/instance/compute/userData?api-version=2021-01-01&format=text'; "
    "$script = [Convert]::FromBase64String((Invoke-RestMethod -Uri $uri -Headers @{ Metadata = 'true' })); "
    "[IO.File]::WriteAllBytes('C:\\Windows\\Temp\\winrm.ps1', $script); "
    '. C:\\Windows\\Temp\\winrm.ps1"'
)

WINRM_NOTE = (
    "Packer makes no Key Vault: as in Image Builder, the VM sets up its own listener, with a script that it finds in its user "
    "data. Azure runs custom_script when the VM starts."
)


def winrm(bootstrap: WinrmBootstrap, context: BuildContext) -> tuple[dict[str, Value], dict[str, bytes]]:
    """The settings of the communicator of a Windows VM, and the side files that they name."""
    # Without these Packer would try SSH, or WinRM on a port where nothing listens.
    settings: dict[str, Value] = {
        "communicator": "winrm",
        "winrm_use_ssl": True,
        "winrm_insecure": True,
        "winrm_username": "packer",
    }
    if bootstrap is WinrmBootstrap.KEY_VAULT:
        return settings, {}
    settings["skip_create_build_key_vault"] = True
    settings["custom_script"] = _RUN_USER_DATA
    if context.side_files:
        settings["user_data_file"] = beside_template(WINRM_SCRIPT)
        return settings, {WINRM_SCRIPT: SCRIPT.encode()}
    settings["user_data"] = HclCode(f"base64encode(local.{_SCRIPT.name})", (_SCRIPT,))
    return settings, {}
