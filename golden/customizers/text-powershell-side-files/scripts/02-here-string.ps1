$text = @'
line {one}
'@
Write-Host $text
