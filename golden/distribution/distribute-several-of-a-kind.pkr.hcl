# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build build.pkr.hcl
#
# Run it on Linux or macOS. The account needs Contributor on the subscription, which Image Builder's own service took care of,
# and may use the gallery and the managed image's resource group.
# Post-processors run the Azure CLI, which must be signed in there, with the right to write what they make.
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
  default     = "11111111-1111-1111-1111-111111111111"
}

variable "allowed_inbound_ip_addresses" {
  type        = list(string)
  description = "Who may reach the build VM, which has a public address. Empty: anybody."
  default     = []
}

locals {
  # Image Builder runs Shell customizers as root.
  as_root            = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"
  gallery_version_id = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/web/versions/1.2.3"

  # Taken once: each call of timestamp() gives another time.
  now = timestamp()
}

source "azure-arm" "web" {
  use_azure_cli_auth = var.use_azure_cli_auth
  subscription_id    = var.subscription_id

  # Source image
  os_type         = "Linux"
  image_publisher = "Canonical"
  image_offer     = "0001-com-ubuntu-server-jammy"
  image_sku       = "22_04-lts-gen2"
  image_version   = "latest"

  # Build VM
  location                     = "westeurope"
  vm_size                      = "Standard_D2ds_v4"
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  # Distribution
  managed_image_name                = "web"
  managed_image_resource_group_name = "images"

  shared_image_gallery_destination {
    subscription   = "22222222-2222-2222-2222-222222222222"
    resource_group = "images"
    gallery_name   = "golden"
    image_name     = "web"
    image_version  = "1.2.3"

    target_region {
      name = "westeurope"
    }
  }
  shared_image_gallery_timeout = "240m"
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

  # distribute[1]: SharedImage, copied from the gallery version of azure-arm.
  post-processors {
    post-processor "shell-local" {
      name = "web2"
      env = {
        IMAGE_VERSION = local.gallery_version_id
      }
      inline = [
        <<-EOT
          az sig image-version create \
            --subscription 22222222-2222-2222-2222-222222222222 \
            --resource-group images \
            --gallery-name golden \
            --gallery-image-definition web2 \
            --gallery-image-version 1.2.3 \
            --location westeurope \
            --image-version "$IMAGE_VERSION" \
            --target-regions westeurope \
            --output none
        EOT
      ]
    }

    post-processor "manifest" {
      output = "${path.root}/web.manifest.json"
      custom_data = {
        web2 = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/web2/versions/1.2.3"
      }
    }
  }

  # distribute[3]: ManagedImage, by way of a disk made of the gallery version.
  post-processors {
    post-processor "shell-local" {
      name = "web3"
      env = {
        SOURCE         = local.gallery_version_id
        TEMPORARY_NAME = "packer-3-${formatdate("YYYYMMDDhhmmss", local.now)}"
      }
      inline = [
        <<-EOT
          generation=$(az sig image-definition show \
            --subscription 22222222-2222-2222-2222-222222222222 \
            --resource-group images \
            --gallery-name golden \
            --gallery-image-definition web \
            --query hyperVGeneration \
            --output tsv)
          disk=$(az disk create \
            --subscription 11111111-1111-1111-1111-111111111111 \
            --resource-group images \
            --name "$TEMPORARY_NAME" \
            --location westeurope \
            --gallery-image-reference "$SOURCE" \
            --query id \
            --output tsv)
          trap 'az disk delete --ids "$disk" --yes' EXIT
          # Image Builder replaced an image of that name.
          az image delete \
            --subscription 11111111-1111-1111-1111-111111111111 \
            --resource-group images \
            --name web3
          az image create \
            --subscription 11111111-1111-1111-1111-111111111111 \
            --resource-group images \
            --name web3 \
            --location westeurope \
            --source "$disk" \
            --os-type Linux \
            --hyper-v-generation "$generation" \
            --output none
        EOT
      ]
    }

    post-processor "manifest" {
      output = "${path.root}/web.manifest.json"
      custom_data = {
        web3 = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/images/providers/Microsoft.Compute/images/web3"
      }
    }
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/web.manifest.json"
    custom_data = {
      web       = local.gallery_version_id
      web-image = "/subscriptions/${build.SubscriptionID}/resourceGroups/images/providers/Microsoft.Compute/images/web"
    }
  }
}
