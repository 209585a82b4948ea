Write-Host `
  'continued' `
