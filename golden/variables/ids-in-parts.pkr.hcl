# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build -var-file=values.pkrvars.hcl build.pkr.hcl
#
# values.pkrvars.hcl gives values to subnet_id, gallery_id, definition, image_id, release.
#
# Run it where it can reach the subnet of the build VM. The account needs Contributor on the subscription, which Image Builder's
# own service took care of, and may use the subnet, the gallery and the managed image's resource group.
# Image Builder counts on from the highest version in the gallery. To do so, set these in the shell, and add the option:
#
#   gallery_id=... definition=...
#   -var image_version=$(aib2packer next-version "$gallery_id$definition")
#
# Differs from Image Builder: existing managed image not overwritten (AIB2P304).

packer {
  required_version = ">= 1.13.0"

  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
    }
  }
}

variable "subnet_id" {
  type        = string
  description = "Input for the virtual network of the build VM, subnet of the build VM, resource group of the virtual network and subscription of the virtual network. The parameter subnetId of the template has no default. Whoever runs Packer gives it."

  validation {
    condition     = length(split("/", var.subnet_id)) > 10
    error_message = "The subnet_id must be a resource id: /subscriptions/.../resourceGroups/.../providers/.../.../.../.../..."
  }
}

variable "gallery_id" {
  type        = string
  description = "Part of the id of the image definition. The parameter galleryId of the template has no default. Whoever runs Packer gives it."

  validation {
    condition     = can(regex("(?i)^/subscriptions/", var.gallery_id))
    error_message = "The gallery_id must begin as a resource id does: /subscriptions/..."
  }
}

variable "definition" {
  type        = string
  description = "Part of the id of the image definition. The parameter definition of the template has no default. Whoever runs Packer gives it."
}

variable "image_id" {
  type        = string
  description = "Input for the id of the managed image. The parameter imageId of the template has no default. Whoever runs Packer gives it."
}

variable "release" {
  type        = string
  description = "Value in the commands of the step release. The parameter release of the template has no default. Whoever runs Packer gives it."

  validation {
    condition     = length(split("-", var.release)) > 1
    error_message = "The release must have a `-`: the template takes it apart there."
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

variable "managed_image_name" {
  type        = string
  description = "Name of the managed image. Packer builds nothing where an image has it. Null: as the template says."
  default     = null
}

variable "image_version" {
  type        = string
  description = "Gallery version of the image, such as 1.4.2. Null: 1.<date>.<time>, which grows with each build and stays below 2.0.0."
  default     = null
}

locals {
  # A validation sees one variable only: where this is something else, file() fails with what is expected.
  gallery_image_parts = split("/", try(
    regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Compute/galleries/[^/]+/images/[^/]+(?:/versions/[^/]+)?$", "${var.gallery_id}${var.definition}"),
    file("gallery_id and definition together must be a resource id, with or without a version: /subscriptions/.../resourceGroups/.../providers/Microsoft.Compute/galleries/.../images/..."),
  ))

  # A validation sees one variable only: where this is something else, file() fails with what is expected.
  managed_image_parts = split("/", try(
    regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Compute/images/[^/]+$", lower(var.image_id)),
    file("What comes of image_id must be a resource id: /subscriptions/.../resourceGroups/.../providers/Microsoft.Compute/images/..."),
  ))
  subnet = split("/", var.subnet_id)

  # Image Builder runs Shell customizers as root.
  as_root = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  time_version         = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version        = try(local.gallery_image_parts[12], "latest") != "latest" ? local.gallery_image_parts[12] : var.image_version != null ? var.image_version : local.time_version
  gallery_version_id   = "/subscriptions/${local.gallery_image_parts[2]}/resourceGroups/${local.gallery_image_parts[4]}/providers/Microsoft.Compute/galleries/${local.gallery_image_parts[8]}/images/${local.gallery_image_parts[10]}/versions/${local.image_version}"
  managed_image_name   = var.managed_image_name != null ? var.managed_image_name : local.managed_image_parts[8]
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
  subscription_id    = local.subnet[2]

  # Source image
  os_type         = "Linux"
  image_publisher = "Canonical"
  image_offer     = "0001-com-ubuntu-server-jammy"
  image_sku       = "22_04-lts-gen2"
  image_version   = "latest"

  # Build VM. Packer reaches it by its private address: run Packer inside this network.
  location                            = "westeurope"
  temp_resource_group_name            = local.temporary_group_name
  vm_size                             = "Standard_D2ds_v4"
  virtual_network_resource_group_name = local.subnet[4]
  virtual_network_name                = local.subnet[8]
  virtual_network_subnet_name         = local.subnet[10]

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  managed_image_name                = local.managed_image_name
  managed_image_resource_group_name = local.managed_image_parts[4]

  shared_image_gallery_destination {
    subscription   = local.gallery_image_parts[2]
    resource_group = local.gallery_image_parts[4]
    gallery_name   = local.gallery_image_parts[8]
    image_name     = local.gallery_image_parts[10]
    image_version  = local.image_version

    target_region {
      name = "westeurope"
    }
  }
  shared_image_gallery_timeout = "240m"
}

build {
  name    = "web"
  sources = ["source.azure-arm.web"]

  provisioner "shell" {
    name            = "release"
    execute_command = local.as_root
    inline          = ["echo ${split("-", var.release)[1]}"]
  }

  # It removes itself (rm "$0"), because Packer cannot clean up after the user is gone.
  provisioner "shell" {
    name            = "generalize"
    execute_command = local.as_root
    skip_clean      = true
    inline = [
      "rm \"$0\"",
      <<-EOT
        WAAGENT=/usr/sbin/waagent
        if waagent -version > /dev/null 2>&1; then
          WAAGENT=waagent
        fi
        $WAAGENT -force -deprovision+user && export HISTSIZE=0 && sync
      EOT
    ]
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/web.manifest.json"
    custom_data = {
      version = local.gallery_version_id
      image   = "/subscriptions/${build.SubscriptionID}/resourceGroups/${local.managed_image_parts[4]}/providers/Microsoft.Compute/images/${local.managed_image_name}"
    }
  }
}
