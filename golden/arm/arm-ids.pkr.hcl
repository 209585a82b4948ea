# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build -var subscription_id=... -var resource_group_name=... -var image_subscription=... -var image_group=... -var base_image=... -var identity=... -var gallery=... -var network_group=... -var network=... build.pkr.hcl
#
# Run it where it can reach the subnet of the build VM. The account needs Contributor on the subscription, which Image Builder's
# own service took care of, and what the identity of the template had: the subnet, the source image, the gallery and the managed
# image's resource group, and Managed Identity Operator on the identities of the build VM.
# Otherwise than in Image Builder: an existing managed image is not overwritten (AIB2P304).

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

variable "subscription_id" {
  type        = string
  description = "Subscription that the build VM runs in."
}

variable "resource_group_name" {
  type        = string
  description = "Resource group that the template was deployed to."
}

variable "image_subscription" {
  type = string
}

variable "image_group" {
  type = string
}

variable "base_image" {
  type = string
}

variable "identity" {
  type = string
}

variable "gallery" {
  type = string
}

variable "network_group" {
  type = string
}

variable "network" {
  type = string
}

variable "version" {
  type    = string
  default = "1.0.0"
}

locals {
  # Image Builder runs Shell customizers as root.
  as_root            = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"
  gallery_version_id = "/subscriptions/${var.image_subscription}/resourceGroups/${var.image_group}/providers/Microsoft.Compute/galleries/${var.gallery}/images/web/versions/${var.version}"
}

source "azure-arm" "web" {
  use_azure_cli_auth = var.use_azure_cli_auth
  subscription_id    = var.subscription_id

  # Source image
  os_type                                  = "Linux"
  custom_managed_image_name                = var.base_image
  custom_managed_image_resource_group_name = var.image_group

  # Build VM. Packer reaches it by its private address: run Packer inside this network.
  location                            = "westeurope"
  vm_size                             = "Standard_D2s_v5"
  user_assigned_managed_identities    = ["/subscriptions/${var.subscription_id}/resourceGroups/${var.resource_group_name}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${var.identity}"]
  virtual_network_resource_group_name = var.network_group
  virtual_network_name                = var.network
  virtual_network_subnet_name         = "builds"

  # Distribution
  managed_image_name                = "web"
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

  # customize[0]: Shell
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
      managed = "/subscriptions/${build.SubscriptionID}/resourceGroups/${var.resource_group_name}/providers/Microsoft.Compute/images/web"
    }
  }
}
