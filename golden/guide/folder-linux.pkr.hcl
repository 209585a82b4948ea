# VM image web-base, converted from an Azure Image Builder template.
#
#   packer init .
#   timeout 90m packer build -on-error=abort .
#
# Run it on Linux, where it can reach the network hub. The account needs Contributor on the subscription, which Image Builder's
# own service took care of, and what the identity image-builder had: the subnet, the source image, the gallery and the managed
# image's resource group, and Managed Identity Operator on the identities of the build VM.
# Private blobs are fetched with the Azure CLI, which must be signed in with the right to read them.
# Image Builder counts on from the highest version in the gallery. To do so, add:
#
#   -var image_version=$(aib2packer next-version /subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/web-base)
#
# Not carried over: optimize.vmBoot (AIB2P203), vnetConfig.proxyVmSize (AIB2P204).
# Differs from Image Builder: build resource group made by Packer (AIB2P302), existing managed image not overwritten (AIB2P304).

packer {
  required_version = ">= 1.13.0"

  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
    }
  }
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
  default     = "11111111-1111-1111-1111-111111111111"
}

variable "build_resource_group_name" {
  type        = string
  description = "Existing resource group for the build VM, instead of one that Packer makes and deletes."
  default     = null
}

variable "managed_image_name" {
  type        = string
  description = "Name of the managed image. Packer builds nothing where an image has it."
  default     = "web-base"
}

variable "image_version" {
  type        = string
  description = "Gallery version of the image, such as 1.4.2. Null: 1.<date>.<time>, which grows with each build and stays below 2.0.0."
  default     = null
}

locals {
  # Image Builder runs Shell customizers as root.
  as_root   = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"
  downloads = "${path.root}/downloads/web-base"

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  time_version         = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version        = var.image_version != null ? var.image_version : local.time_version
  gallery_version_id   = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/web-base/versions/${local.image_version}"
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-web-base-${local.build_time}"
}

source "azure-arm" "web_base" {
  # On a laptop with the account of the Azure CLI; in GitHub Actions as the client there, with identity tokens of the job.
  use_azure_cli_auth = var.use_azure_cli_auth && (var.client_id == "" || var.oidc_request_url == "")
  tenant_id          = var.oidc_request_url == "" ? null : var.tenant_id
  client_id          = var.client_id
  oidc_request_url   = var.oidc_request_url
  oidc_request_token = var.oidc_request_token
  subscription_id    = var.subscription_id

  # Source image
  os_type = "Linux"

  shared_image_gallery {
    subscription   = "22222222-2222-2222-2222-222222222222"
    resource_group = "images"
    gallery_name   = "golden"
    image_name     = "ubuntu-base"
  }

  # Build VM. Packer reaches it by its private address: run Packer inside this network.
  location                            = var.build_resource_group_name == null ? "westeurope" : null
  build_resource_group_name           = var.build_resource_group_name
  temp_resource_group_name            = var.build_resource_group_name == null ? local.temporary_group_name : null
  vm_size                             = "Standard_D2s_v5"
  os_disk_size_gb                     = 64
  user_assigned_managed_identities    = ["/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/identities/providers/Microsoft.ManagedIdentity/userAssignedIdentities/build-vm"]
  virtual_network_resource_group_name = "network"
  virtual_network_name                = "hub"
  virtual_network_subnet_name         = "image-builds"

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "90m"

  # Distribution
  managed_image_name                = var.managed_image_name
  managed_image_resource_group_name = "images"

  shared_image_gallery_destination {
    subscription   = "22222222-2222-2222-2222-222222222222"
    resource_group = "images"
    gallery_name   = "golden"
    image_name     = "web-base"
    image_version  = local.image_version

    target_region {
      name = "westeurope"
    }

    target_region {
      name = "northeurope"
    }
  }
  shared_image_gallery_timeout = "90m"

  azure_tags = {
    team = "platform"
  }
}

build {
  name    = "web-base"
  sources = ["source.azure-arm.web_base"]

  # Image Builder lays its deprovisioning script down first and runs it last, so that a customizer can change it.
  provisioner "shell" {
    name            = "deprovisioning-script"
    execute_command = local.as_root
    script          = "${path.root}/scripts/lay-deprovisioning-script.sh"
  }

  # Image Builder fetched these when the template was submitted. Here Packer's machine does, at each build.
  provisioner "shell-local" {
    name = "download"
    env = {
      FOLDER  = local.downloads
      SIGN_IN = "${path.root}/scripts/sign-in.sh"
    }
    inline = [
      ". \"$SIGN_IN\"",
      "mkdir -p -- \"$FOLDER\" && cd -- \"$FOLDER\"",
      "curl -fsSL --retry 5 -o 01-install-nginx.sh 'https://raw.githubusercontent.com/contoso/images/main/install-nginx.sh'",
      "curl -fsSL --retry 5 -o 02-index.html 'https://contosoimages.blob.core.windows.net/web/index.html' ||",
      "  az storage blob download --auth-mode login --no-progress --output none --file 02-index.html --blob-url 'https://contosoimages.blob.core.windows.net/web/index.html'",
    ]
  }

  provisioner "file" {
    name        = "install-nginx-upload"
    source      = "${local.downloads}/01-install-nginx.sh"
    destination = "/tmp/01-install-nginx.sh"
    generated   = true
  }

  provisioner "shell" {
    name            = "install-nginx"
    execute_command = local.as_root
    inline = [
      "sed -i 's/\\r$//' /tmp/01-install-nginx.sh",
      "chmod +x /tmp/01-install-nginx.sh",
      "/tmp/01-install-nginx.sh",
      "rm /tmp/01-install-nginx.sh",
    ]
  }

  provisioner "file" {
    name        = "landing-page"
    source      = "${local.downloads}/02-index.html"
    destination = "/tmp/index.html"
    generated   = true
  }

  provisioner "shell" {
    name            = "publish"
    execute_command = local.as_root
    inline          = ["cp /tmp/index.html /var/www/html/"]
  }

  # It removes itself (rm "$0"), because Packer cannot clean up after the user is gone.
  provisioner "shell" {
    name            = "generalize"
    execute_command = local.as_root
    skip_clean      = true
    script          = "${path.root}/scripts/run-deprovisioning-script.sh"
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/web-base.manifest.json"
    custom_data = {
      web-base       = local.gallery_version_id
      web-base-image = "/subscriptions/${build.SubscriptionID}/resourceGroups/images/providers/Microsoft.Compute/images/${var.managed_image_name}"
    }
  }
}
