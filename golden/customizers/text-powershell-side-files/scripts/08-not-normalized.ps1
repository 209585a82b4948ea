Write-Host 'café'
