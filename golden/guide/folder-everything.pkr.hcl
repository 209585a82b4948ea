# VM image web, converted from an Azure Image Builder template.
#
#   packer init .
#   cp example.pkrvars.hcl values.pkrvars.hcl  # and fill it in
#   timeout 240m packer build -on-error=abort -var-file=values.pkrvars.hcl .
#   timeout 240m packer build -on-error=abort validate
#
# Run it on Linux. The account needs Contributor on the subscription, which Image Builder's own service took care of, and what
# the identity aib had: the gallery, the managed image's resource group and the storage account.
# Post-processors run the Azure CLI, which must be signed in there, with the right to write what they make.
# For VHDs that takes Storage Blob Data Contributor on the storage account.
# The last command boots the image and validates it, which Image Builder does before it distributes.
# Private blobs are fetched with the Azure CLI, which must be signed in with the right to read them.
# Image Builder counts on from the highest version in the gallery. To do so, add:
#
#   -var image_version=$(aib2packer next-version /subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/web /subscriptions/33333333-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/second/images/web)
#
# Image Builder built by itself when the template was submitted (autoRun): run this when the file changes.
# Differs from Image Builder: existing managed image not overwritten (AIB2P304), validated after the image is made (AIB2P315),
# build VM open to the internet (AIB2P318).

packer {
  required_version = ">= 1.13.0"

  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
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
  default     = "22222222-2222-2222-2222-222222222222"
}

variable "allowed_inbound_ip_addresses" {
  type        = list(string)
  description = "Who may reach the build VM, which has a public address. Empty: anybody."
  default     = []
}

variable "managed_image_name" {
  type        = string
  description = "Name of the managed image. Packer builds nothing where an image has it."
  default     = "web"
}

variable "image_version" {
  type        = string
  description = "Gallery version of the image, such as 1.4.2. Null: 1.<date>.<time>, which grows with each build and stays below 2.0.0."
  default     = null
}

variable "exclude_from_latest" {
  type        = bool
  description = "Whether consumers that ask for the latest version skip this one. The validation build sets it to false."
  default     = true
}

variable "managed_image_name_of_target_3" {
  type        = string
  description = "Name of the managed image. An image that has it is replaced when the new one is there."
  default     = "web-us"
}

locals {
  # Image Builder runs Shell customizers as root.
  as_root = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  time_version         = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version        = var.image_version != null ? var.image_version : local.time_version
  gallery_version_id   = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/web/versions/${local.image_version}"
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
  os_type         = "Linux"
  image_publisher = "Canonical"
  image_offer     = "ubuntu-24_04-lts"
  image_sku       = "server"
  image_version   = "latest"

  # Build VM
  location                     = "westeurope"
  temp_resource_group_name     = local.temporary_group_name
  vm_size                      = "Standard_D2s_v5"
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  managed_image_name                = var.managed_image_name
  managed_image_resource_group_name = "images"

  storage_account        = "contoso"
  resource_group_name    = var.vhd_resource_group_name
  capture_container_name = "vhds"
  capture_name_prefix    = "v"

  shared_image_gallery_destination {
    subscription         = "22222222-2222-2222-2222-222222222222"
    resource_group       = "images"
    gallery_name         = "golden"
    image_name           = "web"
    image_version        = local.image_version
    storage_account_type = "Standard_ZRS"

    target_region {
      name     = "westeurope"
      replicas = 2
    }
  }
  shared_gallery_image_version_exclude_from_latest = var.exclude_from_latest
  shared_image_gallery_timeout                     = "240m"
}

build {
  name    = "web"
  sources = ["source.azure-arm.web"]

  provisioner "shell" {
    name            = "a"
    execute_command = local.as_root
    inline          = ["apt-get install -y nginx"]
  }

  # It removes itself (rm "$0"), because Packer cannot clean up after the user is gone.
  provisioner "shell" {
    name            = "generalize"
    execute_command = local.as_root
    skip_clean      = true
    script          = "${path.root}/scripts/generalize.sh"
  }

  # azure-arm has one storage type for all regions: the others are added here, with theirs. Packer takes `{{` in env for a
  # template, and the Azure CLI takes what follows `@` for a file: both are percent-encoded in values that are not known yet.
  post-processor "shell-local" {
    name = "g1-regions"
    env = { for name, value in {
      GALLERY_IMAGE_VERSION = local.image_version
      SIGN_IN               = "${path.root}/scripts/sign-in.sh"
    } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
    script          = "${path.root}/scripts/distribute-0-regions.sh"
    execute_command = ["/bin/sh", "-c", "{{.Vars}} /bin/sh \"$0\"", "{{.Script}}"]
  }

  # Tags of its own, which azure-arm would put on all that it makes.
  post-processor "shell-local" {
    name = "g1-tags"
    env = { for name, value in {
      RESOURCE_ID = local.gallery_version_id
      SIGN_IN     = "${path.root}/scripts/sign-in.sh"
    } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
    inline = [
      ". \"$SIGN_IN\"",
      <<-EOT
        az tag update --resource-id "$RESOURCE_ID" --operation Merge --tags a=1 --output none
      EOT
    ]
  }

  # azure-arm names the VHD itself; here it gets the name that the template asks for.
  post-processor "shell-local" {
    name = "v-name"
    env = {
      SOURCE_BLOB = "v${build.TempOSDiskName}.vhd"
      SIGN_IN     = "${path.root}/scripts/sign-in.sh"
    }
    script          = "${path.root}/scripts/distribute-4-name.sh"
    execute_command = ["/bin/sh", "-c", "{{.Vars}} /bin/sh \"$0\"", "{{.Script}}"]
  }

  # SharedImage, copied from the gallery version of azure-arm.
  post-processors {
    post-processor "shell-local" {
      name = "g2"
      env = { for name, value in {
        GALLERY_IMAGE_VERSION = local.image_version
        IMAGE_VERSION         = local.gallery_version_id
        EXCLUDE_FROM_LATEST   = var.exclude_from_latest
        SIGN_IN               = "${path.root}/scripts/sign-in.sh"
      } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
      script          = "${path.root}/scripts/distribute-1-copy.sh"
      execute_command = ["/bin/sh", "-c", "{{.Vars}} /bin/sh \"$0\"", "{{.Script}}"]
    }

    post-processor "manifest" {
      output = "${path.root}/web.manifest.json"
      custom_data = {
        g2 = "/subscriptions/33333333-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/second/images/web/versions/${local.image_version}"
      }
    }
  }

  # ManagedImage, by way of a disk made of the gallery version.
  post-processors {
    post-processor "shell-local" {
      name = "m2"
      env = { for name, value in {
        NAME           = var.managed_image_name_of_target_3
        TEMPORARY_NAME = "packer-temporary-3-web-${local.build_time}"
        SOURCE         = local.gallery_version_id
        SIGN_IN        = "${path.root}/scripts/sign-in.sh"
      } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
      script          = "${path.root}/scripts/distribute-3-copy.sh"
      execute_command = ["/bin/sh", "-c", "{{.Vars}} /bin/sh \"$0\"", "{{.Script}}"]
    }

    post-processor "manifest" {
      output = "${path.root}/web.manifest.json"
      custom_data = {
        m2 = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/images/${var.managed_image_name_of_target_3}"
      }
    }
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/web.manifest.json"
    custom_data = {
      g1            = local.gallery_version_id
      m1            = "/subscriptions/${build.SubscriptionID}/resourceGroups/images/providers/Microsoft.Compute/images/${var.managed_image_name}"
      v             = "https://contoso.blob.core.windows.net/vhds/web.vhd"
      image_version = local.image_version
    }
  }
}
