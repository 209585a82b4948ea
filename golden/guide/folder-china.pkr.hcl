# VM image web, converted from an Azure Image Builder template.
#
#   az cloud set --name AzureChinaCloud
#   packer init .
#   cp example.pkrvars.hcl values.pkrvars.hcl  # and fill it in
#   timeout 120m packer build -var-file=values.pkrvars.hcl .
#
# Run it on Linux. The account needs Contributor on the subscription, which Image Builder's own service took care of, and what
# the identity aib had: the gallery and the storage account.
# Private blobs are fetched with the Azure CLI, which must be signed in with the right to read them.
# Image Builder counts on from the highest version in the gallery. To do so, add:
#
#   -var image_version=$(aib2packer next-version /subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/web)
#
# Image Builder built by itself when the template was submitted (autoRun): run this when the file changes.
# Differs from Image Builder: additional managed image (AIB2P303), build VM open to the internet (AIB2P318).

packer {
  required_version = ">= 1.13.0"

  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
    }
  }
}

variable "vhd_storage_account" {
  type        = string
  description = "Storage account that receives the VHD, in the subscription of the build. Whoever runs Packer gives it."
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
  description = "Subscription that the build VM runs in. Empty: that of the account that signs in; identity tokens have none."
  default     = env("ARM_SUBSCRIPTION_ID")
}

variable "allowed_inbound_ip_addresses" {
  type        = list(string)
  description = "Who may reach the build VM, which has a public address. Empty: anybody."
  default     = []
}

variable "vhd_container" {
  type        = string
  description = "Container that receives the VHD; it must exist."
  default     = "vhds"
}

variable "image_version" {
  type        = string
  description = "Gallery version of the image, such as 1.4.2. Null: 1.<date>.<time>, which grows with each build and stays below 2.0.0."
  default     = null
}

locals {
  downloads = "${path.root}/downloads/web"

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  time_version         = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version        = var.image_version != null ? var.image_version : local.time_version
  gallery_version_id   = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/web/versions/${local.image_version}"
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-web-${local.build_time}"
  temporary_image_name = local.temporary_group_name
}

source "azure-arm" "web" {
  # On a laptop with the account of the Azure CLI; in GitHub Actions as the client there, with identity tokens of the job.
  use_azure_cli_auth     = var.use_azure_cli_auth && (var.client_id == "" || var.oidc_request_url == "")
  tenant_id              = var.oidc_request_url == "" ? null : var.tenant_id
  client_id              = var.client_id
  oidc_request_url       = var.oidc_request_url
  oidc_request_token     = var.oidc_request_token
  subscription_id        = var.subscription_id
  cloud_environment_name = "China"

  # Source image
  os_type         = "Windows"
  image_publisher = "MicrosoftWindowsServer"
  image_offer     = "WindowsServer"
  image_sku       = "2022-datacenter-azure-edition"
  image_version   = "latest"

  # Build VM
  location                     = "chinaeast2"
  temp_resource_group_name     = local.temporary_group_name
  vm_size                      = "Standard_D4s_v5"
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  communicator   = "winrm"
  winrm_use_ssl  = true
  winrm_insecure = true
  winrm_username = "packer"

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "120m"

  # Distribution
  # The gallery version is made of this image. It lies in the resource group of the build, and goes with it.
  managed_image_name                = local.temporary_image_name
  managed_image_resource_group_name = local.temporary_group_name

  storage_account        = var.vhd_storage_account
  resource_group_name    = var.vhd_resource_group_name
  capture_container_name = var.vhd_container
  capture_name_prefix    = "web"

  shared_image_gallery_destination {
    subscription   = "11111111-1111-1111-1111-111111111111"
    resource_group = "images"
    gallery_name   = "golden"
    image_name     = "web"
    image_version  = local.image_version

    target_region {
      name = "chinaeast2"
    }

    target_region {
      name = "chinanorth3"
    }
  }
  shared_image_gallery_timeout = "120m"
}

build {
  name    = "web"
  sources = ["source.azure-arm.web"]

  # Image Builder lays its deprovisioning script down first and runs it last, so that a customizer can change it.
  provisioner "file" {
    name        = "deprovisioning-script"
    source      = "${path.root}/scripts/DeprovisioningScript.ps1"
    destination = "C:\\DeprovisioningScript.ps1"
  }

  # Image Builder fetched this when the template was submitted. Here Packer's machine does, at each build.
  provisioner "shell-local" {
    name = "download"
    env = {
      FOLDER  = local.downloads
      SIGN_IN = "${path.root}/scripts/sign-in.sh"
    }
    inline = [
      ". \"$SIGN_IN\"",
      "mkdir -p -- \"$FOLDER\" && cd -- \"$FOLDER\"",
      "curl -fsSL --retry 5 -o 01-a.ps1 'https://acct.blob.core.chinacloudapi.cn/s/a.ps1' ||",
      "  az storage blob download --auth-mode login --no-progress --output none --file 01-a.ps1 --blob-url 'https://acct.blob.core.chinacloudapi.cn/s/a.ps1'",
    ]
  }

  # A process of its own, as in Image Builder: Packer runs inline text inside a try block.
  provisioner "file" {
    name        = "a-upload"
    source      = "${local.downloads}/01-a.ps1"
    destination = "C:\\Windows\\Temp\\01-a.ps1"
    generated   = true
  }

  provisioner "powershell" {
    name = "a"
    inline = [
      "powershell -ExecutionPolicy Bypass -Command '$ProgressPreference = 0; & C:\\Windows\\Temp\\01-a.ps1; exit $LASTEXITCODE'",
      "Remove-Item C:\\Windows\\Temp\\01-a.ps1",
    ]
  }

  provisioner "powershell" {
    name   = "generalize"
    script = "${path.root}/scripts/run-deprovisioning-script.ps1"
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/web.manifest.json"
    custom_data = {
      web  = "https://${var.vhd_storage_account}.blob.core.chinacloudapi.cn/${var.vhd_container}/web${build.TempOSDiskName}.vhd"
      web2 = local.gallery_version_id
    }
  }
}
