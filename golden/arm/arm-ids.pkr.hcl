# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   export ARM_SUBSCRIPTION_ID='...'
#   timeout 240m packer build -var-file=values.pkrvars.hcl build.pkr.hcl
#
# values.pkrvars.hcl gives values to resource_group_name, image_subscription, image_group, base_image, identity, gallery,
# network_group, network.
#
# Run it where it can reach the subnet of the build VM. The account needs Contributor on the subscription, which Image Builder's
# own service took care of, and what the identity of the template had: the subnet, the source image's resource group, the
# gallery and the managed image's resource group, and Managed Identity Operator on the identities of the build VM.
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

variable "resource_group_name" {
  type        = string
  description = "Resource group that the template was deployed to. Whoever runs Packer gives it."
}

variable "image_subscription" {
  type        = string
  description = "Subscription of the gallery of the image. The parameter imageSubscription of the template has no default. Whoever runs Packer gives it."
}

variable "image_group" {
  type        = string
  description = "Resource group of the source image and of the gallery of the image. The parameter imageGroup of the template has no default. Whoever runs Packer gives it."
}

variable "base_image" {
  type        = string
  description = "Name of the source image. The parameter baseImage of the template has no default. Whoever runs Packer gives it."
}

variable "identity" {
  type        = string
  description = "Part of the identity of the build VM. The parameter identity of the template has no default. Whoever runs Packer gives it."
}

variable "gallery" {
  type        = string
  description = "Gallery of the image. The parameter gallery of the template has no default. Whoever runs Packer gives it."
}

variable "network_group" {
  type        = string
  description = "Resource group of the virtual network. The parameter networkGroup of the template has no default. Whoever runs Packer gives it."
}

variable "network" {
  type        = string
  description = "Virtual network of the build VM. The parameter network of the template has no default. Whoever runs Packer gives it."
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
  default     = env("ARM_SUBSCRIPTION_ID")

  validation {
    condition     = var.subscription_id != ""
    error_message = "Set ARM_SUBSCRIPTION_ID, or give -var subscription_id."
  }
}

variable "version" {
  type        = string
  description = "Version of the image (each build needs a new one)."
  default     = "1.0.0"
}

variable "managed_image_name" {
  type        = string
  description = "Name of the managed image. Packer builds nothing where an image has it."
  default     = "web"
}

locals {
  # Image Builder runs Shell customizers as root.
  as_root            = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"
  gallery_version_id = "/subscriptions/${var.image_subscription}/resourceGroups/${var.image_group}/providers/Microsoft.Compute/galleries/${var.gallery}/images/web/versions/${var.version}"

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
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
  os_type                                  = "Linux"
  custom_managed_image_name                = var.base_image
  custom_managed_image_resource_group_name = var.image_group

  # Build VM. Packer reaches it by its private address: run Packer inside this network.
  location                            = "westeurope"
  temp_resource_group_name            = local.temporary_group_name
  vm_size                             = "Standard_D2s_v5"
  user_assigned_managed_identities    = ["/subscriptions/${var.subscription_id}/resourceGroups/${var.resource_group_name}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${var.identity}"]
  virtual_network_resource_group_name = var.network_group
  virtual_network_name                = var.network
  virtual_network_subnet_name         = "builds"

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  managed_image_name                = var.managed_image_name
  managed_image_resource_group_name = var.resource_group_name

  shared_image_gallery_destination {
    subscription   = var.image_subscription
    resource_group = var.image_group
    gallery_name   = var.gallery
    image_name     = "web"
    image_version  = var.version

    target_region {
      name = "westeurope"
    }
  }
  shared_image_gallery_timeout = "240m"

  azure_tags = {
    policy = "/subscriptions/${var.subscription_id}/providers/Microsoft.Authorization/policyDefinitions/images"
  }
}

build {
  name    = "web"
  sources = ["source.azure-arm.web"]

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
    output = "${path.root}/web.manifest.json"
    custom_data = {
      web     = local.gallery_version_id
      managed = "/subscriptions/${build.SubscriptionID}/resourceGroups/${var.resource_group_name}/providers/Microsoft.Compute/images/${var.managed_image_name}"
    }
  }
}
