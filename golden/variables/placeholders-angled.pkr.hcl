# VM image, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build -var-file=values.pkrvars.hcl build.pkr.hcl
#
# values.pkrvars.hcl gives values to image_name, region, team, stage, rg_name, shared_image_gal_name, image_def_name, region1.
#
# It runs wherever Packer does; only timeout is a Linux program. The account needs Contributor on the subscription, which Image
# Builder's own service took care of, and what the identity of the template had: the gallery and the managed image's resource
# group.
# Image Builder made the number of a version from the time, and so does the build. To count on from the highest, set these in
# the shell, and add the option:
#
#   subscription_id=... rg_name=... shared_image_gal_name=... image_def_name=...
#   -var image_version=$(aib2packer next-version "/subscriptions/$subscription_id/resourceGroups/$rg_name/providers/Microsoft.Compute/galleries/$shared_image_gal_name/images/$image_def_name")
#
# Differs from Image Builder: existing managed image not overwritten (AIB2P304), build VM open to the internet (AIB2P318).

packer {
  required_version = ">= 1.13.0"

  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
    }
  }
}

variable "image_name" {
  type        = string
  description = "Name of the managed image. Fills in <imageName> of the template. Whoever runs Packer gives it."
}

variable "region" {
  type        = string
  description = "Region of the build, of the image and of the managed image. Fills in <region> of the template. Whoever runs Packer gives it."
}

variable "team" {
  type        = string
  description = "Value of a tag; part of the value of a tag. Fills in <team> of the template. Whoever runs Packer gives it."
}

variable "stage" {
  type        = string
  description = "Part of the value of a tag. Fills in <stage> of the template. Whoever runs Packer gives it."
}

variable "rg_name" {
  type        = string
  description = "Resource group of the gallery of the image, region of the image and resource group of the managed image. Fills in <rgName> of the template. Whoever runs Packer gives it."
}

variable "shared_image_gal_name" {
  type        = string
  description = "Gallery of the image. Fills in <sharedImageGalName> of the template. Whoever runs Packer gives it."
}

variable "image_def_name" {
  type        = string
  description = "Image definition. Fills in <imageDefName> of the template. Whoever runs Packer gives it."
}

variable "region1" {
  type        = string
  description = "Region of the image. Fills in <region1> of the template. Whoever runs Packer gives it."
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

variable "run_output_name" {
  type        = string
  description = "Name of the run output; part of the name of the run output. Fills in <runOutputName> of the template."
  default     = "run_output_name"
}

variable "allowed_inbound_ip_addresses" {
  type        = list(string)
  description = "Who may reach the build VM, which has a public address. Empty: anybody."
  default     = []
}

variable "image_version" {
  type        = string
  description = "Gallery version of the image, such as 1.4.2. Null: 1.<date>.<time>, which grows with each build and stays below 2.0.0."
  default     = null
}

locals {
  # Image Builder runs Shell customizers as root.
  as_root = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  time_version         = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version        = var.image_version != null ? var.image_version : local.time_version
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-image-${local.build_time}"
}

source "azure-arm" "image" {
  # On a laptop with the account of the Azure CLI; in GitHub Actions as the client there, with identity tokens of the job.
  use_azure_cli_auth = var.use_azure_cli_auth && (var.client_id == "" || var.oidc_request_url == "")
  tenant_id          = var.oidc_request_url == "" ? null : var.tenant_id
  client_id          = var.client_id
  oidc_request_url   = var.oidc_request_url
  oidc_request_token = var.oidc_request_token
  subscription_id    = var.subscription_id

  # Source image
  os_type         = "Linux"
  image_publisher = "Canonical"
  image_offer     = "0001-com-ubuntu-server-jammy"
  image_sku       = "22_04-lts-gen2"
  image_version   = "latest"

  # Build VM
  location                     = var.region
  temp_resource_group_name     = local.temporary_group_name
  vm_size                      = "Standard_D2ds_v4"
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  managed_image_name                = var.image_name
  managed_image_resource_group_name = var.rg_name

  shared_image_gallery_destination {
    subscription   = var.subscription_id
    resource_group = var.rg_name
    gallery_name   = var.shared_image_gal_name
    image_name     = var.image_def_name
    image_version  = local.image_version

    dynamic "target_region" {
      for_each = distinct([for region in [var.region, var.region1, var.rg_name] : lower(replace(region, " ", ""))])
      content {
        name = target_region.value
      }
    }
  }
  shared_image_gallery_timeout = "240m"

  azure_tags = {
    team  = var.team
    stage = "run-${var.stage}-${var.team}"
  }
}

build {
  name    = "image"
  sources = ["source.azure-arm.image"]

  provisioner "shell" {
    execute_command = local.as_root
    inline          = ["true"]
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
    output = "${path.root}/image.manifest.json"
    custom_data = {
      (var.run_output_name)            = "/subscriptions/${build.SubscriptionID}/resourceGroups/${var.rg_name}/providers/Microsoft.Compute/galleries/${var.shared_image_gal_name}/images/${var.image_def_name}/versions/${local.image_version}"
      ("${var.run_output_name}-image") = "/subscriptions/${build.SubscriptionID}/resourceGroups/${var.rg_name}/providers/Microsoft.Compute/images/${var.image_name}"
    }
  }
}
