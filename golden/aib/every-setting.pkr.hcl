# VM image conf, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 960m packer build -on-error=abort -var vhd_resource_group_name=... build.pkr.hcl
#
# Run it on Linux, where it can reach the network v. The account needs Contributor on the subscription, which Image Builder's
# own service took care of, and what the identity i had: the subnet, the gallery, the managed image's resource group and the
# storage account, and Managed Identity Operator on the identities of the build VM.
# Post-processors run the Azure CLI, which must be signed in there, with the right to write what they make.
# For VHDs that takes Storage Blob Data Contributor on the storage account.
# Image Builder counts on from the highest version in the gallery. To do so, add:
#
#   -var image_version=$(aib2packer next-version /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/r/providers/Microsoft.Compute/galleries/g/images/i)
#
# Image Builder built by itself when the template was submitted (autoRun): run this when the file changes.
# Not carried over: validation (AIB2P202), optimize.vmBoot (AIB2P203), optimize.workload (AIB2P205),
# vnetConfig.containerInstanceSubnetId (AIB2P206), tags of a VHD (AIB2P215).
# Differs from Image Builder: existing managed image not overwritten (AIB2P304), inline PowerShell stops at its first
# terminating error (AIB2P310).

packer {
  required_version = ">= 1.13.0"

  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
    }
    windows-update = {
      # From 0.18 on it restarts without end where Windows offers an update again after installing it, as it does KB5007651.
      source  = "github.com/rgl/windows-update"
      version = "~> 0.17.2"
    }
  }
}

variable "vhd_resource_group_name" {
  type        = string
  description = "Resource group of the storage account that receives the VHD. Whoever runs Packer gives it."
}

variable "use_azure_cli_auth" {
  type        = bool
  description = "Sign in with the Azure CLI's account. False: with the managed identity of the machine that runs Packer."
  default     = true
}

variable "tenant_id" {
  type        = string
  description = "Tenant of the service principal."
  default     = env("ARM_TENANT_ID")
}

variable "client_id" {
  type        = string
  description = "Client id of the service principal."
  default     = env("ARM_CLIENT_ID")
}

variable "oidc_request_url" {
  type        = string
  description = "Where the pipeline hands out identity tokens; GitHub Actions sets it."
  default     = env("ACTIONS_ID_TOKEN_REQUEST_URL")
}

variable "oidc_request_token" {
  type        = string
  description = "The pipeline's right to ask for a token; GitHub Actions sets it."
  default     = env("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
  sensitive   = true
}

variable "subscription_id" {
  type        = string
  description = "Subscription that the build VM runs in."
  default     = "00000000-0000-0000-0000-000000000001"
}

variable "managed_image_name" {
  type        = string
  description = "Name of the managed image. Packer builds nothing where an image has it."
  default     = "m"
}

variable "image_version" {
  type        = string
  description = "Gallery version of the image, such as 1.4.2. Null: 1.<date>.<time>, which grows with each build and stays below 2.0.0."
  default     = null
}

locals {
  downloads = "${path.root}/downloads/conf"
  sign_in   = <<-EOT
    # Where GitHub Actions hands out identity tokens, the Azure CLI is signed in for an hour, and for what it has not talked to yet
    # for five minutes: sign in again with a new one. A loop that waits calls this too.
    sign_in() {
      if [ -z "$${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ] || [ -z "$${ARM_CLIENT_ID:-}" ]; then return 0; fi
      if [ "$(($(date +%s) - $${signed_in:-0}))" -lt 240 ]; then return 0; fi
      identity_token=$(printf 'Authorization: Bearer %s' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" |
        curl -fsSL --retry 5 -H @- "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=api://AzureADTokenExchange" |
        sed -n 's/.*"value" *: *"\([^"]*\)".*/\1/p')
      az logout --username "$ARM_CLIENT_ID" 2>/dev/null || true
      printf '%s' "$identity_token" | az login --service-principal --username "$ARM_CLIENT_ID" \
        --tenant "$${ARM_TENANT_ID:?}" --federated-token @- --allow-no-subscriptions --output none
      if [ -n "$${ARM_SUBSCRIPTION_ID:-}" ]; then az account set --subscription "$ARM_SUBSCRIPTION_ID"; fi
      signed_in=$(date +%s)
    }
    sign_in
  EOT

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  time_version         = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version        = var.image_version != null ? var.image_version : local.time_version
  gallery_version_id   = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/r/providers/Microsoft.Compute/galleries/g/images/i/versions/${local.image_version}"
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-conf-${local.build_time}"
}

source "azure-arm" "conf" {
  # On a laptop with the account of the Azure CLI; in GitHub Actions as the client there, with identity tokens of the job.
  use_azure_cli_auth = var.use_azure_cli_auth && (var.client_id == "" || var.oidc_request_url == "")
  tenant_id          = var.oidc_request_url == "" ? null : var.tenant_id
  client_id          = var.client_id
  oidc_request_url   = var.oidc_request_url
  oidc_request_token = var.oidc_request_token
  subscription_id    = var.subscription_id

  # Source image
  os_type         = "Windows"
  image_publisher = "MicrosoftWindowsServer"
  image_offer     = "WindowsServer"
  image_sku       = "2022-datacenter-g2"
  image_version   = "latest"

  plan_info {
    plan_name      = "p"
    plan_product   = "q"
    plan_publisher = "r"
  }

  # Build VM. Packer reaches it by its private address: run Packer inside this network.
  location                            = "westeurope"
  temp_resource_group_name            = local.temporary_group_name
  vm_size                             = "Standard_D2s_v5"
  os_disk_size_gb                     = 127
  disk_additional_size                = [10]
  user_assigned_managed_identities    = ["/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/r/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"]
  virtual_network_resource_group_name = "r"
  virtual_network_name                = "v"
  virtual_network_subnet_name         = "s"

  communicator   = "winrm"
  winrm_use_ssl  = true
  winrm_insecure = true
  winrm_username = "packer"

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "960m"

  # Distribution
  managed_image_name                = var.managed_image_name
  managed_image_resource_group_name = "r"

  storage_account        = "acc"
  resource_group_name    = var.vhd_resource_group_name
  capture_container_name = "vhds"
  capture_name_prefix    = "o3"

  shared_image_gallery_destination {
    subscription         = "00000000-0000-0000-0000-000000000001"
    resource_group       = "r"
    gallery_name         = "g"
    image_name           = "i"
    image_version        = local.image_version
    storage_account_type = "Standard_ZRS"

    target_region {
      name     = "westeurope"
      replicas = 2
    }
  }
  shared_gallery_image_version_exclude_from_latest = true
  shared_image_gallery_timeout                     = "960m"

  azure_tags = {
    a = "b"
    x = "y"
    m = "t"
  }
}

build {
  name    = "conf"
  sources = ["source.azure-arm.conf"]

  # Image Builder lays its deprovisioning script down first and runs it last, so that a customizer can change it.
  provisioner "file" {
    name        = "deprovisioning-script"
    destination = "C:\\DeprovisioningScript.ps1"
    content     = <<-EOT
      Write-Output '>>> Waiting for GA Service (RdAgent) to start ...'
      while ((Get-Service RdAgent).Status -ne 'Running') { Start-Sleep -s 5 }
      Write-Output '>>> Waiting for GA Service (WindowsAzureTelemetryService) to start ...'
      while ((Get-Service WindowsAzureTelemetryService) -and ((Get-Service WindowsAzureTelemetryService).Status -ne 'Running')) { Start-Sleep -s 5 }
      Write-Output '>>> Waiting for GA Service (WindowsAzureGuestAgent) to start ...'
      while ((Get-Service WindowsAzureGuestAgent).Status -ne 'Running') { Start-Sleep -s 5 }
      if (Test-Path $Env:SystemRoot\system32\Sysprep\unattend.xml) {
        Write-Output '>>> Removing Sysprep\unattend.xml ...'
        Remove-Item $Env:SystemRoot\system32\Sysprep\unattend.xml -Force
      }
      if (Test-Path $Env:SystemRoot\Panther\unattend.xml) {
        Write-Output '>>> Removing Panther\unattend.xml ...'
        Remove-Item $Env:SystemRoot\Panther\unattend.xml -Force
      }
      Write-Output '>>> Sysprepping VM ...'
      & $Env:SystemRoot\System32\Sysprep\Sysprep.exe /oobe /generalize /quiet /quit
      while ($true) {
        $imageState = (Get-ItemProperty HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State).ImageState
        Write-Output $imageState
        if ($imageState -eq 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE') { break }
        Start-Sleep -s 5
      }
      Write-Output '>>> Sysprep complete ...'
    EOT
  }

  # Image Builder fetched these when the template was submitted. Here Packer's machine does, at each build.
  provisioner "shell-local" {
    name = "download"
    env = {
      FOLDER = local.downloads
    }
    inline = [
      "mkdir -p -- \"$FOLDER\" && cd -- \"$FOLDER\"",
      "curl -fsSL --retry 5 -o 01-a.ps1 'https://example.com/a.ps1'",
      "echo 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  01-a.ps1' | sha256sum --check",
      "curl -fsSL --retry 5 -o 05-a.zip 'https://example.com/a.zip'",
      "echo 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  05-a.zip' | sha256sum --check",
    ]
  }

  # A process of its own, as in Image Builder: Packer runs inline text inside a try block.
  provisioner "file" {
    name        = "p-upload"
    source      = "${local.downloads}/01-a.ps1"
    destination = "C:\\Windows\\Temp\\01-a.ps1"
    generated   = true
  }

  provisioner "powershell" {
    name             = "p"
    elevated_user    = "SYSTEM"
    valid_exit_codes = [0, 3010]
    inline = [
      "powershell -ExecutionPolicy Bypass -Command '$ProgressPreference = 0; & C:\\Windows\\Temp\\01-a.ps1; exit $LASTEXITCODE'",
      "Remove-Item C:\\Windows\\Temp\\01-a.ps1",
    ]
  }

  provisioner "powershell" {
    name   = "pi"
    inline = ["a"]
  }

  provisioner "windows-restart" {
    name                  = "w"
    restart_command       = "shutdown /r"
    restart_check_command = "echo x"
    restart_timeout       = "5m"
  }

  provisioner "windows-update" {
    name            = "u"
    search_criteria = "IsInstalled=0"
    filters         = ["include:$true"]
    update_limit    = 20
  }

  provisioner "file" {
    name        = "f"
    source      = "${local.downloads}/05-a.zip"
    destination = "C:\\a.zip"
    generated   = true
  }

  provisioner "powershell" {
    name = "generalize"
    inline = [
      <<-EOT
        if (Test-Path C:\DeprovisioningScript.ps1) {
          powershell -ExecutionPolicy Bypass -Command '& C:\DeprovisioningScript.ps1; exit $LASTEXITCODE'
        } else {
          Write-Output 'No deprovisioning script: the image is not generalized'
        }
      EOT
    ]
  }

  # azure-arm names the VHD itself; here it gets the name that the template asks for.
  post-processor "shell-local" {
    name = "o3-name"
    env = {
      SOURCE_BLOB = "o3${build.TempOSDiskName}.vhd"
    }
    inline = [
      local.sign_in,
      <<-EOT
        name=v.vhd
        partial= # a VHD that is being written where there was none: a part of a VHD is none, and goes
        new= # the new VHD by another name, while it takes the place of an old one
        clean_up() {
          status=$?
          trap - EXIT
          if [ -n "$new" ]; then
            echo "The new VHD is there as $new, and stays: the old one, $name, may be gone." >&2
          fi
          if [ -n "$partial" ]; then
            az storage blob copy abort \
              --auth-mode login \
              --account-name acc \
              --destination-container vhds \
              --destination-blob "$partial" \
              --copy-id "$${copy:-}" ||
              :
            az storage blob delete --auth-mode login --account-name acc --container-name vhds --name "$partial" ||
              echo "The VHD is incomplete, delete it if it is there: $partial" >&2
          fi
          exit "$status"
        }
        trap clean_up EXIT
        trap 'exit 1' HUP INT TERM
        copy_to() { # the name; then account, container and name of the source
          copy=$(az storage blob copy start \
            --auth-mode login \
            --account-name acc \
            --destination-container vhds \
            --destination-blob "$1" \
            --source-account-name "$2" \
            --source-container "$3" \
            --source-blob "$4" \
            --query id \
            --output tsv)
          tries=0
          while :; do
            sign_in
            copied=$(az storage blob show \
              --auth-mode login \
              --account-name acc \
              --container-name vhds \
              --name "$1" \
              --query properties.copy.status \
              --output tsv)
            case "$copied" in
              success) break ;;
              failed | aborted) echo "The copy of the VHD ended as: $copied" >&2; exit 1 ;;
            esac
            tries=$((tries + 1))
            if [ "$tries" -ge 3840 ]; then
              echo "The VHD was not copied in 960 minutes." >&2
              exit 1
            fi
            sleep 15
          done
        }
        there=$(az storage blob exists \
          --auth-mode login \
          --account-name acc \
          --container-name vhds \
          --name "$name" \
          --query exists \
          --output tsv)
        # A VHD of that name stays until the new one is there by another name.
        if [ "$there" = true ]; then new="$SOURCE_BLOB"; else partial=$name; fi
        copy_to "$name" acc vhds "$SOURCE_BLOB"
        trap - EXIT HUP INT TERM
        az storage blob delete \
          --auth-mode login \
          --account-name acc \
          --container-name vhds \
          --name "$SOURCE_BLOB"
      EOT
    ]
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/conf.manifest.json"
    custom_data = {
      o1 = local.gallery_version_id
      o2 = "/subscriptions/${build.SubscriptionID}/resourceGroups/r/providers/Microsoft.Compute/images/${var.managed_image_name}"
      o3 = "https://acc.blob.core.windows.net/vhds/v.vhd"
    }
  }
}
