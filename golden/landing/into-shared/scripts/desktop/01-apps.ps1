param([string]$name)
Write-Output $name
