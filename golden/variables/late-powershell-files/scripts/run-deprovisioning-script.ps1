if (Test-Path C:\DeprovisioningScript.ps1) {
  powershell -ExecutionPolicy Bypass -Command '& C:\DeprovisioningScript.ps1; exit $LASTEXITCODE'
} else {
  Write-Output 'No deprovisioning script: the image is not generalized'
}
