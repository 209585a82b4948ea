# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build build.pkr.hcl
#
# Run it on Linux or macOS, where it can reach the network hub. The account needs Contributor on the subscription, which Image
# Builder's own service took care of, and may use the subnet and the managed image's resource group.
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

locals {
  # Image Builder runs Shell customizers as root.
  as_root = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"

  # Taken once: each call of timestamp() gives another time.
  now           = timestamp()
  snapshot_name = "web_${formatdate("YYYYMMDDhhmmss", local.now)}"
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

  # Build VM. Packer reaches it by its private address: run Packer inside this network.
  location                            = "westeurope"
  vm_size                             = "Standard_D2ds_v4"
  virtual_network_resource_group_name = "network"
  virtual_network_name                = "hub"
  virtual_network_subnet_name         = "builds"

  # Distribution
  managed_image_name                  = "web"
  managed_image_resource_group_name   = "images"
  managed_image_os_disk_snapshot_name = local.snapshot_name
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

  # distribute[1]: ManagedImage, by way of a snapshot of the OS disk.
  post-processors {
    post-processor "shell-local" {
      name = "web-copy"
      env = {
        SOURCE = "/subscriptions/${build.SubscriptionID}/resourceGroups/images/providers/Microsoft.Compute/snapshots/${local.snapshot_name}"
      }
      inline = [
        <<-EOT
          generation=$(az snapshot show --ids "$SOURCE" --query hyperVGeneration --output tsv)
          # Image Builder replaced an image of that name.
          az image delete \
            --subscription 11111111-1111-1111-1111-111111111111 \
            --resource-group images \
            --name web-copy
          az image create \
            --subscription 11111111-1111-1111-1111-111111111111 \
            --resource-group images \
            --name web-copy \
            --location westeurope \
            --source "$SOURCE" \
            --os-type Linux \
            --hyper-v-generation "$generation" \
            --tags copy=yes \
            --output none
        EOT
      ]
    }

    post-processor "manifest" {
      output = "${path.root}/web.manifest.json"
      custom_data = {
        web-copy = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/images/providers/Microsoft.Compute/images/web-copy"
      }
    }
  }

  # distribute[2]: ManagedImage, by way of a snapshot of the OS disk.
  post-processors {
    post-processor "shell-local" {
      name = "web-us"
      env = {
        SOURCE         = "/subscriptions/${build.SubscriptionID}/resourceGroups/images/providers/Microsoft.Compute/snapshots/${local.snapshot_name}"
        TEMPORARY_NAME = "packer-2-${formatdate("YYYYMMDDhhmmss", local.now)}"
      }
      inline = [
        <<-EOT
          generation=$(az snapshot show --ids "$SOURCE" --query hyperVGeneration --output tsv)
          disk=$(az disk create \
            --subscription 11111111-1111-1111-1111-111111111111 \
            --resource-group images \
            --name "$TEMPORARY_NAME" \
            --location westeurope \
            --source "$SOURCE" \
            --query id \
            --output tsv)
          trap 'az disk delete --ids "$disk" --yes; az snapshot delete --ids $snapshot $copy' EXIT
          snapshot=$(az snapshot create \
            --subscription 11111111-1111-1111-1111-111111111111 \
            --resource-group images \
            --name "$TEMPORARY_NAME" \
            --location westeurope \
            --source "$disk" \
            --copy-start false \
            --incremental true \
            --query id \
            --output tsv)
          copy=$(az snapshot create \
            --subscription 11111111-1111-1111-1111-111111111111 \
            --resource-group images \
            --name "$TEMPORARY_NAME-copy" \
            --location eastus \
            --source "$snapshot" \
            --copy-start true \
            --incremental true \
            --query id \
            --output tsv)
          az snapshot wait \
            --ids "$copy" \
            --custom 'completionPercent == `100` || copyCompletionError' \
            --interval 30 \
            --timeout 86400
          # Image Builder replaced an image of that name.
          az image delete \
            --subscription 11111111-1111-1111-1111-111111111111 \
            --resource-group images \
            --name web-us
          az image create \
            --subscription 11111111-1111-1111-1111-111111111111 \
            --resource-group images \
            --name web-us \
            --location eastus \
            --source "$copy" \
            --os-type Linux \
            --hyper-v-generation "$generation" \
            --output none
        EOT
      ]
    }

    post-processor "manifest" {
      output = "${path.root}/web.manifest.json"
      custom_data = {
        web-us = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/images/providers/Microsoft.Compute/images/web-us"
      }
    }
  }

  # distribute[3]: ManagedImage, by way of a snapshot of the OS disk.
  post-processors {
    post-processor "shell-local" {
      name = "web-other"
      env = {
        SOURCE         = "/subscriptions/${build.SubscriptionID}/resourceGroups/images/providers/Microsoft.Compute/snapshots/${local.snapshot_name}"
        TEMPORARY_NAME = "packer-3-${formatdate("YYYYMMDDhhmmss", local.now)}"
      }
      inline = [
        <<-EOT
          generation=$(az snapshot show --ids "$SOURCE" --query hyperVGeneration --output tsv)
          disk=$(az disk create \
            --subscription 33333333-3333-3333-3333-333333333333 \
            --resource-group other \
            --name "$TEMPORARY_NAME" \
            --location westeurope \
            --source "$SOURCE" \
            --query id \
            --output tsv)
          trap 'az disk delete --ids "$disk" --yes' EXIT
          # Image Builder replaced an image of that name.
          az image delete \
            --subscription 33333333-3333-3333-3333-333333333333 \
            --resource-group other \
            --name web-other
          az image create \
            --subscription 33333333-3333-3333-3333-333333333333 \
            --resource-group other \
            --name web-other \
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
        web-other = "/subscriptions/33333333-3333-3333-3333-333333333333/resourceGroups/other/providers/Microsoft.Compute/images/web-other"
      }
    }
  }

  # What no target asked for is deleted, also after a failure above.
  post-processor "shell-local" {
    name = "clean-up"
    env = {
      SNAPSHOT = "/subscriptions/${build.SubscriptionID}/resourceGroups/images/providers/Microsoft.Compute/snapshots/${local.snapshot_name}"
    }
    inline = [
      <<-EOT
        az snapshot delete --ids "$SNAPSHOT"
      EOT
    ]
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/web.manifest.json"
    custom_data = {
      web = "/subscriptions/${build.SubscriptionID}/resourceGroups/images/providers/Microsoft.Compute/images/web"
    }
  }
}
