Write-Host 'Grüße {{x}} ${env:PATH}'
