Write-Host "${env:PATH} %{x} $(1) `n `" 'x'"
Get-ChildItem | %{ $_ }
