Write-Host 'Grüße – “curly”'
