# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build -var subscription_id=... -var location=... -var source_resource_group_name=... -var image_name=... -var destination_resource_group_name=... build.pkr.hcl
#
# Run it on Linux or macOS. The account needs Contributor on the subscription, which Image Builder's own service took care of,
# and may use the source image and the managed image's resource group.
# Post-processors run the Azure CLI, which must be signed in there, with the right to write what they make.
# Otherwise than in Image Builder: additional managed image (AIB2P303).

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

variable "location" {
  type        = string
  description = "Fills in {location} of the template."
}

variable "source_resource_group_name" {
  type        = string
  description = "Fills in {sourceResourceGroupName} of the template."
}

variable "image_name" {
  type        = string
  description = "Fills in {imageName} of the template."
}

variable "destination_resource_group_name" {
  type        = string
  description = "Fills in {destinationResourceGroupName} of the template."
}

variable "allowed_inbound_ip_addresses" {
  type        = list(string)
  description = "Who may reach the build VM, which has a public address. Empty: anybody."
  default     = []
}

locals {
  # Image Builder runs Shell customizers as root.
  as_root = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  snapshot_name        = "web_${formatdate("YYYYMMDDhhmmss", local.now)}"
  temporary_image_name = "web-${formatdate("YYYYMMDDhhmmss", local.now)}"
}

source "azure-arm" "web" {
  use_azure_cli_auth = var.use_azure_cli_auth
  subscription_id    = var.subscription_id

  # Source image
  os_type                                  = "Linux"
  custom_managed_image_name                = var.image_name
  custom_managed_image_resource_group_name = var.source_resource_group_name

  # Build VM
  location                     = var.location
  vm_size                      = "Standard_D2ds_v4"
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  # Distribution
  managed_image_name                  = local.temporary_image_name
  managed_image_resource_group_name   = var.source_resource_group_name
  managed_image_os_disk_snapshot_name = local.snapshot_name
}

build {
  name    = "web"
  sources = ["source.azure-arm.web"]

  # customize[0]: Shell
  provisioner "shell" {
    execute_command = local.as_root
    inline          = ["echo {not_a_placeholder} <nor this>"]
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

  # distribute[0]: ManagedImage, by way of a snapshot of the OS disk.
  post-processors {
    post-processor "shell-local" {
      name = "out"
      env = {
        SOURCE         = "/subscriptions/${build.SubscriptionID}/resourceGroups/${var.source_resource_group_name}/providers/Microsoft.Compute/snapshots/${local.snapshot_name}"
        BUILD_LOCATION = var.location
        TEMPORARY_NAME = "packer-0-${formatdate("YYYYMMDDhhmmss", local.now)}"
        SUBSCRIPTION   = var.subscription_id
        RESOURCE_GROUP = var.destination_resource_group_name
        NAME           = "${var.image_name}-out"
      }
      inline = [
        <<-EOT
          generation=$(az snapshot show --ids "$SOURCE" --query hyperVGeneration --output tsv)
          disk=$(az disk create \
            --subscription "$SUBSCRIPTION" \
            --resource-group "$RESOURCE_GROUP" \
            --name "$TEMPORARY_NAME" \
            --location "$BUILD_LOCATION" \
            --source "$SOURCE" \
            --query id \
            --output tsv)
          trap 'az disk delete --ids "$disk" --yes; az snapshot delete --ids $snapshot $copy' EXIT
          snapshot=$(az snapshot create \
            --subscription "$SUBSCRIPTION" \
            --resource-group "$RESOURCE_GROUP" \
            --name "$TEMPORARY_NAME" \
            --location "$BUILD_LOCATION" \
            --source "$disk" \
            --copy-start false \
            --incremental true \
            --query id \
            --output tsv)
          copy=$(az snapshot create \
            --subscription "$SUBSCRIPTION" \
            --resource-group "$RESOURCE_GROUP" \
            --name "$TEMPORARY_NAME-copy" \
            --location westeurope \
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
          az image delete --subscription "$SUBSCRIPTION" --resource-group "$RESOURCE_GROUP" --name "$NAME"
          az image create \
            --subscription "$SUBSCRIPTION" \
            --resource-group "$RESOURCE_GROUP" \
            --name "$NAME" \
            --location westeurope \
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
        out = "/subscriptions/${var.subscription_id}/resourceGroups/${var.destination_resource_group_name}/providers/Microsoft.Compute/images/${var.image_name}-out"
      }
    }
  }

  # What no target asked for is deleted, also after a failure above.
  post-processor "shell-local" {
    name = "clean-up"
    env = {
      SNAPSHOT = "/subscriptions/${build.SubscriptionID}/resourceGroups/${var.source_resource_group_name}/providers/Microsoft.Compute/snapshots/${local.snapshot_name}"
      IMAGE    = "/subscriptions/${build.SubscriptionID}/resourceGroups/${var.source_resource_group_name}/providers/Microsoft.Compute/images/${local.temporary_image_name}"
    }
    inline = [
      <<-EOT
        az snapshot delete --ids "$SNAPSHOT"
        az image delete --ids "$IMAGE"
      EOT
    ]
  }
}
