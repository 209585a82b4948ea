# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout ...m packer build -var-file=values.pkrvars.hcl build.pkr.hcl
#
# values.pkrvars.hcl gives values to minutes, elevated, exit_codes, checksum, regions, tags, image_tags, copy_tags.
#
# Give timeout the minutes of the build: var.minutes.
# Run it on Linux. The account needs Contributor on the subscription, which Image Builder's own service took care of, and what
# the identity aib had: the gallery and the managed image's resource group.
# Post-processors run the Azure CLI, which must be signed in there, with the right to write what they make.
# Image Builder counts on from the highest version in the gallery. To do so, add:
#
#   -var image_version=$(aib2packer next-version /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/r/providers/Microsoft.Compute/galleries/g/images/first /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/r/providers/Microsoft.Compute/galleries/g/images/second)
#
# Differs from Image Builder: existing managed image not overwritten (AIB2P304), build region added to the regions (AIB2P305),
# inline PowerShell stops at its first terminating error (AIB2P310), build VM open to the internet (AIB2P318).

packer {
  required_version = ">= 1.13.0"

  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
    }
  }
}

variable "minutes" {
  type        = number
  description = "Minutes that the build may take. The parameter minutes of the template has no default. Whoever runs Packer gives it."

  validation {
    condition     = var.minutes >= 60 && var.minutes <= 960
    error_message = "The minutes must be from 60 to 960."
  }
}

variable "elevated" {
  type        = bool
  description = "Elevation (runElevated) of the step setup and elevation (runElevated) of the step whoami. The parameter elevated of the template has no default. Whoever runs Packer gives it."
}

variable "exit_codes" {
  type        = list(string)
  description = "Input for the valid exit codes of the step setup. The parameter exitCodes of the template has no default. Whoever runs Packer gives it."
}

variable "checksum" {
  type        = string
  description = "SHA-256 of setup.ps1. Whoever runs Packer gives it."
}

variable "regions" {
  type        = list(string)
  description = "Where the image is offered. Whoever runs Packer gives it."
}

variable "tags" {
  type        = map(string)
  description = "The parameter tags of the template has no default. Whoever runs Packer gives it."
}

variable "image_tags" {
  type        = map(string)
  description = "The parameter imageTags of the template has no default. Whoever runs Packer gives it."
}

variable "copy_tags" {
  type        = map(string)
  description = "The parameter copyTags of the template has no default. Whoever runs Packer gives it."
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

variable "restart_timeout" {
  type        = string
  description = "Timeout of a WindowsRestart step."
  default     = "10m"
}

variable "as_system" {
  type        = bool
  description = "Account (runAsSystem) of the step setup."
  default     = false
}

variable "allowed_inbound_ip_addresses" {
  type        = list(string)
  description = "Who may reach the build VM, which has a public address. Empty: anybody."
  default     = []
}

variable "managed_image_name" {
  type        = string
  description = "Name of the managed image. Packer builds nothing where an image has it."
  default     = "third"
}

variable "image_version" {
  type        = string
  description = "Gallery version of the image, such as 1.4.2. Null: 1.<date>.<time>, which grows with each build and stays below 2.0.0."
  default     = null
}

locals {
  computed = merge(var.tags, {
    template = "web"
  })
  downloads = "${path.root}/downloads/web"

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  time_version         = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version        = var.image_version != null ? var.image_version : local.time_version
  gallery_version_id   = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/r/providers/Microsoft.Compute/galleries/g/images/first/versions/${local.image_version}"
  sign_in              = <<-EOT
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
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-web-${local.build_time}"
}

source "azure-arm" "web" {
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

  # Build VM
  location                     = "westeurope"
  temp_resource_group_name     = local.temporary_group_name
  vm_size                      = "Standard_D2ds_v5"
  os_disk_size_gb              = 127
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  communicator   = "winrm"
  winrm_use_ssl  = true
  winrm_insecure = true
  winrm_username = "packer"

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "${var.minutes}m"

  # Distribution
  managed_image_name                = var.managed_image_name
  managed_image_resource_group_name = "r"

  shared_image_gallery_destination {
    subscription         = "00000000-0000-0000-0000-000000000001"
    resource_group       = "r"
    gallery_name         = "g"
    image_name           = "first"
    image_version        = local.image_version
    storage_account_type = "Standard_ZRS"

    dynamic "target_region" {
      for_each = distinct([for region in concat(["westeurope"], var.regions) : lower(replace(region, " ", ""))])
      content {
        name = target_region.value
      }
    }
  }
  shared_image_gallery_timeout = "${var.minutes}m"

  azure_tags = local.computed
}

build {
  name    = "web"
  sources = ["source.azure-arm.web"]

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

  # Image Builder fetched this when the template was submitted. Here Packer's machine does, at each build. Packer takes `{{` in
  # env for a template: it is percent-encoded in values that are not known yet.
  provisioner "shell-local" {
    name = "download"
    env = { for name, value in {
      FOLDER = local.downloads
      SHA256 = var.checksum
    } : name => replace(value, "{{", "%7B%7B") }
    inline = [
      "mkdir -p -- \"$FOLDER\" && cd -- \"$FOLDER\"",
      "curl -fsSL --retry 5 -o 01-setup.ps1 'https://example.com/setup.ps1'",
      "echo \"$SHA256\"'  01-setup.ps1' | sha256sum --check",
    ]
  }

  # A process of its own, as in Image Builder: Packer runs inline text inside a try block.
  provisioner "file" {
    name        = "setup-upload"
    source      = "${local.downloads}/01-setup.ps1"
    destination = "C:\\Windows\\Temp\\01-setup.ps1"
    generated   = true
  }

  provisioner "powershell" {
    name              = "setup"
    elevated_user     = var.as_system ? "SYSTEM" : var.elevated ? build.User : ""
    elevated_password = var.as_system ? "" : var.elevated ? build.Password : ""
    valid_exit_codes  = concat(var.exit_codes, [0, 3010])
    inline = [
      "powershell -ExecutionPolicy Bypass -Command '$ProgressPreference = 0; & C:\\Windows\\Temp\\01-setup.ps1; exit $LASTEXITCODE'",
      "Remove-Item C:\\Windows\\Temp\\01-setup.ps1",
    ]
  }

  provisioner "windows-restart" {
    restart_timeout = var.restart_timeout
  }

  provisioner "powershell" {
    name              = "whoami"
    elevated_user     = var.elevated ? build.User : ""
    elevated_password = var.elevated ? build.Password : ""
    inline            = ["whoami"]
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

  # Tags of its own, which azure-arm would put on all that it makes.
  post-processor "shell-local" {
    name = "first-tags"
    env = { for name, value in {
      TAGS     = replace(replace(jsonencode({ operation = "Merge", properties = { tags = { for name, value in merge(var.image_tags) : name => format("%v", value) } } }), "{{", "{\\u007b"), "@", "\\u0040")
      TAGS_URL = "${local.gallery_version_id}/providers/Microsoft.Resources/tags/default?api-version=2021-04-01"
    } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
    inline = [
      local.sign_in,
      <<-EOT
        case "$TAGS" in
          *'"tags":{}'*) ;; # there is none
          *) az rest --method patch --url "$TAGS_URL" --body "$TAGS" --output none ;;
        esac
      EOT
    ]
  }

  # Tags of its own, which azure-arm would put on all that it makes.
  post-processor "shell-local" {
    name = "third-tags"
    env = { for name, value in {
      TAGS     = replace(replace(jsonencode({ operation = "Merge", properties = { tags = { for name, value in merge(var.copy_tags) : name => format("%v", value) } } }), "{{", "{\\u007b"), "@", "\\u0040")
      TAGS_URL = "/subscriptions/${build.SubscriptionID}/resourceGroups/r/providers/Microsoft.Compute/images/${var.managed_image_name}/providers/Microsoft.Resources/tags/default?api-version=2021-04-01"
    } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
    inline = [
      local.sign_in,
      <<-EOT
        case "$TAGS" in
          *'"tags":{}'*) ;; # there is none
          *) az rest --method patch --url "$TAGS_URL" --body "$TAGS" --output none ;;
        esac
      EOT
    ]
  }

  # SharedImage, copied from the gallery version of azure-arm.
  post-processors {
    post-processor "shell-local" {
      name = "second"
      env = { for name, value in {
        GALLERY_IMAGE_VERSION = local.image_version
        TARGET_REGIONS        = join(" ", [for region, copies in merge({ westeurope = "=1" }, { for region in distinct([for region in concat(var.regions, ["North Europe"]) : lower(replace(region, " ", ""))]) : region => "=1" }) : regex_replace("${region}${copies}", "[^A-Za-z0-9_=]", "")])
        IMAGE_VERSION         = local.gallery_version_id
        MINUTES               = floor(var.minutes)
        TAGS                  = replace(replace(jsonencode({ operation = "Merge", properties = { tags = { for name, value in merge(var.copy_tags) : name => format("%v", value) } } }), "{{", "{\\u007b"), "@", "\\u0040")
        TAGS_URL              = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/r/providers/Microsoft.Compute/galleries/g/images/second/versions/${local.image_version}/providers/Microsoft.Resources/tags/default?api-version=2021-04-01"
      } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
      inline = [
        local.sign_in,
        <<-EOT
          version="$GALLERY_IMAGE_VERSION"
          versions=$(az sig image-version list \
            --subscription 00000000-0000-0000-0000-000000000001 \
            --resource-group r \
            --gallery-name g \
            --gallery-image-definition second \
            --query '[].name' \
            --output tsv)
          if printf '%s\n' "$versions" | grep -qxFe "$version"; then
            echo "There is a version $version: delete it, or choose another one." >&2
            exit 1
          fi
          # shellcheck disable=SC2086 # the regions are words of their own
          az sig image-version create \
            --subscription 00000000-0000-0000-0000-000000000001 \
            --resource-group r \
            --gallery-name g \
            --gallery-image-definition second \
            --gallery-image-version "$GALLERY_IMAGE_VERSION" \
            --location westeurope \
            --image-version "$IMAGE_VERSION" \
            --target-regions $TARGET_REGIONS \
            --block-deletion-before-end-of-life false \
            --no-wait \
            --output none
          tries=0
          while :; do
            sign_in
            state=$(az sig image-version show \
              --subscription 00000000-0000-0000-0000-000000000001 \
              --resource-group r \
              --gallery-name g \
              --gallery-image-definition second \
              --gallery-image-version "$GALLERY_IMAGE_VERSION" \
              --query provisioningState \
              --output tsv)
            case "$state" in
              Succeeded) break ;;
              Failed | Canceled) echo "Publishing the image version ended as: $state" >&2; exit 1 ;;
            esac
            tries=$((tries + 1))
            if [ "$tries" -ge $((MINUTES * 60 / 30)) ]; then
              echo "The image version was not published in $MINUTES minutes." >&2
              exit 1
            fi
            sleep 30
          done
          case "$TAGS" in
            *'"tags":{}'*) ;; # there is none
            *) az rest --method patch --url "$TAGS_URL" --body "$TAGS" --output none ;;
          esac
        EOT
      ]
    }

    post-processor "manifest" {
      output = "${path.root}/web.manifest.json"
      custom_data = {
        second = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/r/providers/Microsoft.Compute/galleries/g/images/second/versions/${local.image_version}"
      }
    }
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/web.manifest.json"
    custom_data = {
      first = local.gallery_version_id
      third = "/subscriptions/${build.SubscriptionID}/resourceGroups/r/providers/Microsoft.Compute/images/${var.managed_image_name}"
    }
  }
}
