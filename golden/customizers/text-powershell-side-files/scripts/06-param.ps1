param([string]$Who = 'me')
Write-Host $Who
