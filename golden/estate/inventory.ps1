# Prints what is on a Windows VM, a line a fact, sorted: run it on a VM from each of two images, and compare the two with
# Compare-Object. Changes nothing. What differs from one VM to the next, such as names and times, is not printed. Run it elevated.
$ErrorActionPreference = 'SilentlyContinue'

function Write-Fact([string] $About, [object[]] $Lines) {
    $Lines | Where-Object { $_ } | Sort-Object -Unique | ForEach-Object { "${About}: $_" }
}

$version = Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
Write-Fact 'os' @("$($version.ProductName) $($version.CurrentBuild).$($version.UBR) $($version.EditionID)")
Write-Fact 'update' (Get-HotFix | ForEach-Object { $_.HotFixID })
$uninstall = 'Microsoft\Windows\CurrentVersion\Uninstall\*'
$programs = Get-ItemProperty "HKLM:\SOFTWARE\$uninstall", "HKLM:\SOFTWARE\WOW6432Node\$uninstall"
Write-Fact 'program' ($programs | Where-Object DisplayName | ForEach-Object { "$($_.DisplayName) $($_.DisplayVersion)" })
Write-Fact 'app' (Get-AppxProvisionedPackage -Online | ForEach-Object { $_.PackageName })
Write-Fact 'feature' (Get-WindowsOptionalFeature -Online | ForEach-Object { "$($_.FeatureName) $($_.State)" })
Write-Fact 'capability' (Get-WindowsCapability -Online | Where-Object State -eq 'Installed' | ForEach-Object { $_.Name })
Write-Fact 'service' (Get-Service | ForEach-Object { "$($_.Name -replace '_[0-9a-f]{4,}$') $($_.StartType)" })
Write-Fact 'task' (Get-ScheduledTask | ForEach-Object { "$($_.TaskPath)$($_.TaskName) $($_.State)" })
Write-Fact 'user' (Get-LocalUser | ForEach-Object { "$($_.Name) $($_.Enabled)" })
Write-Fact 'administrator' (Get-LocalGroupMember -SID 'S-1-5-32-544' | ForEach-Object { ($_.Name -split '\\')[-1] })
Write-Fact 'firewall' (Get-NetFirewallRule | Where-Object Enabled -eq 'True' | ForEach-Object { "$($_.Name) $($_.Direction) $($_.Action)" })
Write-Fact 'certificate' (Get-ChildItem Cert:\LocalMachine\Root | ForEach-Object { $_.Thumbprint })
Write-Fact 'policy' (Get-ChildItem 'HKLM:\SOFTWARE\Policies' -Recurse | ForEach-Object {
        $key = $_
        $key.GetValueNames() | ForEach-Object { "$($key.Name)\$_ = $($key.GetValue($_))" }
    })
