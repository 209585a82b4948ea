# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build -var vhd_resource_group_name=... -var vhd_storage_account=... build.pkr.hcl
#
# Run it on Linux or macOS. The account needs Contributor on the subscription, which Image Builder's own service took care of,
# and may use the gallery, the managed image's resource group and the storage account.
# Post-processors run the Azure CLI, which must be signed in there, with the right to write what they make.
# For VHDs that takes Storage Blob Data Contributor on the storage account.
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

variable "vhd_resource_group_name" {
  type        = string
  description = "Resource group of the storage account that receives the VHD."
}

variable "vhd_storage_account" {
  type        = string
  description = "Storage account that receives the VHD, in the subscription of the build."
}

variable "vhd_container" {
  type        = string
  description = "Container that receives the VHD; it must exist."
  default     = "vhds"
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

  storage_account          = "contosovhds"
  resource_group_name      = var.vhd_resource_group_name
  capture_container_name   = "golden"
  capture_name_prefix      = "web-vhd"
  polling_duration_timeout = "240m"

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

  azure_tags = {
    team = "platform"
    same = "x"
    cost = "42"
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

  # distribute[0]: tags of its own, which azure-arm would put on all that it makes.
  post-processor "shell-local" {
    name = "web-image-tags"
    env = {
      RESOURCE_ID = "/subscriptions/${build.SubscriptionID}/resourceGroups/images/providers/Microsoft.Compute/images/web"
    }
    inline = [
      <<-EOT
        az tag update --resource-id "$RESOURCE_ID" --operation Merge --tags kind=image --output none
      EOT
    ]
  }

  # distribute[1]: tags of its own, which azure-arm would put on all that it makes.
  post-processor "shell-local" {
    name = "web-tags"
    env = {
      RESOURCE_ID = local.gallery_version_id
    }
    inline = [
      <<-EOT
        az tag update --resource-id "$RESOURCE_ID" --operation Merge --tags kind=version --output none
      EOT
    ]
  }

  # distribute[2]: azure-arm names the VHD itself; here it gets the name that the template asks for.
  post-processor "shell-local" {
    name = "web-vhd-name"
    env = {
      SOURCE_BLOB = "web-vhd${build.TempOSDiskName}.vhd"
    }
    inline = [
      <<-EOT
        az storage blob copy start \
          --auth-mode login \
          --account-name contosovhds \
          --destination-container golden \
          --destination-blob web.vhd \
          --source-account-name contosovhds \
          --source-container golden \
          --source-blob "$SOURCE_BLOB" \
          --output none
        status=pending
        while [ "$status" = pending ]; do
          sleep 15
          status=$(az storage blob show \
            --auth-mode login \
            --account-name contosovhds \
            --container-name golden \
            --name web.vhd \
            --query properties.copy.status \
            --output tsv)
        done
        [ "$status" = success ]
        az storage blob delete \
          --auth-mode login \
          --account-name contosovhds \
          --container-name golden \
          --name "$SOURCE_BLOB"
      EOT
    ]
  }

  # distribute[3]: SharedImage, copied from the gallery version of azure-arm.
  post-processors {
    post-processor "shell-local" {
      name = "web-eu"
      env = {
        IMAGE_VERSION = local.gallery_version_id
      }
      inline = [
        <<-EOT
          az sig image-version create \
            --subscription 22222222-2222-2222-2222-222222222222 \
            --resource-group images \
            --gallery-name eu \
            --gallery-image-definition web \
            --gallery-image-version 1.2.3 \
            --location westeurope \
            --image-version "$IMAGE_VERSION" \
            --target-regions westeurope \
            --tags kind=copy \
            --output none
        EOT
      ]
    }

    post-processor "manifest" {
      output = "${path.root}/web.manifest.json"
      custom_data = {
        web-eu = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/eu/images/web/versions/1.2.3"
      }
    }
  }

  # distribute[4]: ManagedImage, by way of a disk made of the gallery version.
  post-processors {
    post-processor "shell-local" {
      name = "web-image-2"
      env = {
        SOURCE         = local.gallery_version_id
        TEMPORARY_NAME = "packer-4-${formatdate("YYYYMMDDhhmmss", local.now)}"
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
            --name web2
          az image create \
            --subscription 11111111-1111-1111-1111-111111111111 \
            --resource-group images \
            --name web2 \
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
        web-image-2 = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/images/providers/Microsoft.Compute/images/web2"
      }
    }
  }

  # distribute[5]: VHD, copied from that of azure-arm.
  post-processors {
    post-processor "shell-local" {
      name = "web-vhd-2"
      inline = [
        <<-EOT
          az storage blob copy start \
            --auth-mode login \
            --account-name contosobackup \
            --destination-container vhds \
            --destination-blob 2024/web.vhd \
            --source-account-name contosovhds \
            --source-container golden \
            --source-blob web.vhd \
            --output none
          status=pending
          while [ "$status" = pending ]; do
            sleep 15
            status=$(az storage blob show \
              --auth-mode login \
              --account-name contosobackup \
              --container-name vhds \
              --name 2024/web.vhd \
              --query properties.copy.status \
              --output tsv)
          done
          [ "$status" = success ]
        EOT
      ]
    }

    post-processor "manifest" {
      output = "${path.root}/web.manifest.json"
      custom_data = {
        web-vhd-2 = "https://contosobackup.blob.core.windows.net/vhds/2024/web.vhd"
      }
    }
  }

  # distribute[6]: VHD, copied from that of azure-arm.
  post-processors {
    post-processor "shell-local" {
      name = "web-vhd-3"
      env = {
        ACCOUNT_NAME          = var.vhd_storage_account
        DESTINATION_CONTAINER = var.vhd_container
        DESTINATION_BLOB      = "web-vhd-3_${formatdate("YYYYMMDDhhmmss", local.now)}.vhd"
      }
      inline = [
        <<-EOT
          az storage blob copy start \
            --auth-mode login \
            --account-name "$ACCOUNT_NAME" \
            --destination-container "$DESTINATION_CONTAINER" \
            --destination-blob "$DESTINATION_BLOB" \
            --source-account-name contosovhds \
            --source-container golden \
            --source-blob web.vhd \
            --output none
          status=pending
          while [ "$status" = pending ]; do
            sleep 15
            status=$(az storage blob show \
              --auth-mode login \
              --account-name "$ACCOUNT_NAME" \
              --container-name "$DESTINATION_CONTAINER" \
              --name "$DESTINATION_BLOB" \
              --query properties.copy.status \
              --output tsv)
          done
          [ "$status" = success ]
        EOT
      ]
    }

    post-processor "manifest" {
      output = "${path.root}/web.manifest.json"
      custom_data = {
        web-vhd-3 = "https://${var.vhd_storage_account}.blob.core.windows.net/${var.vhd_container}/web-vhd-3_${formatdate("YYYYMMDDhhmmss", local.now)}.vhd"
      }
    }
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/web.manifest.json"
    custom_data = {
      web-image = "/subscriptions/${build.SubscriptionID}/resourceGroups/images/providers/Microsoft.Compute/images/web"
      web       = local.gallery_version_id
      web-vhd   = "https://contosovhds.blob.core.windows.net/golden/web.vhd"
    }
  }
}
