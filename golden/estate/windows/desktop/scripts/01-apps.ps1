Write-Output apps
