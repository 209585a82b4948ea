# Lets Packer in: WinRM over HTTPS on port 5986, with a certificate that the VM makes for itself.
# Azure runs this once, when the build VM starts; an error ends the build there.
$ErrorActionPreference = 'Stop'

# Starts the service. That Windows takes the network for a public one is no obstacle.
Enable-PSRemoting -Force -SkipNetworkProfileCheck | Out-Null

$certificate = New-SelfSignedCertificate -DnsName $env:COMPUTERNAME -CertStoreLocation Cert:\LocalMachine\My
$thumbprint = $certificate.Thumbprint

Get-ChildItem WSMan:\localhost\Listener |
  Where-Object { $_.Keys -contains 'Transport=HTTPS' } |
  Remove-Item -Recurse -Force
New-Item WSMan:\localhost\Listener -Transport HTTPS -Address * -CertificateThumbPrint $thumbprint -Force | Out-Null

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
