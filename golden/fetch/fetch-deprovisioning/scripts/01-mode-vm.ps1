$path = 'C:\DeprovisioningScript.ps1'
(Get-Content $path -Raw) -replace '/quit', '/quit /mode:vm' | Set-Content $path
