# Makes the image template of the print servers.
param([string] $Version = 'latest')

$source = New-AzImageBuilderTemplateSourceObject -PlatformImageSource -Publisher MicrosoftWindowsServer `
  -Offer WindowsServer -Sku 2022-datacenter-g2 -Version $Version
$step = New-AzImageBuilderTemplateCustomizerObject -PowerShellCustomizer -Name print -Inline 'Install-WindowsFeature Print-Server'
$target = New-AzImageBuilderTemplateDistributorObject -SharedImageDistributor -RunOutputName print -GalleryImageId $definition

New-AzImageBuilderTemplate -Name print -ResourceGroupName 'rg-images' -Location westeurope -Source $source -Customize $step `
  -Distribute $target -UserAssignedIdentityId $identity
