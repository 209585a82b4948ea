# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build -var subscription_id=... -var resource_group_name=... -var location=... -var image_location=... -var gallery_image_id=... -var second_image_id=... -var second=... -var owner=... -var subnet_id=... -var run=... build.pkr.hcl
#
# Run it on Linux or macOS, where it can reach the subnet of the build VM. The account needs Contributor on the subscription,
# which Image Builder's own service took care of, and may use the subnet, the gallery and the managed image's resource group.
# Post-processors run the Azure CLI, which must be signed in there, with the right to write what they make.
# Image Builder counts on from the highest version in the gallery. To do so, set these in the shell, and add the option:
#
#   gallery_image_id=... second_image_id=...
#   -var image_version=$(aib2packer next-version "${gallery_image_id}" "${second_image_id}")
#
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

variable "location" {
  type        = string
  description = "Azure region of the build. The template took the region of its resource group."
}

variable "image_location" {
  type = string
}

variable "preview" {
  type    = bool
  default = true
}

variable "replicas" {
  type    = number
  default = 2
}

variable "gallery_image_id" {
  type = string

  validation {
    condition     = can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Compute/galleries/[^/]+/images/[^/]+(/versions/[^/]+)?$", var.gallery_image_id))
    error_message = "The gallery_image_id must be a resource id, with or without a version: /subscriptions/.../resourceGroups/.../providers/Microsoft.Compute/galleries/.../images/..."
  }
}

variable "second_image_id" {
  type = string

  validation {
    condition     = can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Compute/galleries/[^/]+/images/[^/]+(/versions/[^/]+)?$", var.second_image_id))
    error_message = "The second_image_id must be a resource id, with or without a version: /subscriptions/.../resourceGroups/.../providers/Microsoft.Compute/galleries/.../images/..."
  }
}

variable "second" {
  type = string
}

variable "owner" {
  type = string
}

variable "subnet_id" {
  type = string

  validation {
    condition     = can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Network/virtualNetworks/[^/]+/subnets/[^/]+$", var.subnet_id))
    error_message = "The subnet_id must be a resource id: /subscriptions/.../resourceGroups/.../providers/Microsoft.Network/virtualNetworks/.../subnets/..."
  }
}

variable "run" {
  type = string
}

variable "image_version" {
  type        = string
  description = "Gallery version of the image, such as 1.4.2. Null: 1.<date>.<time>, which grows with each build and stays below 2.0.0."
  default     = null
}

locals {
  second_image_id_parts  = split("/", var.second_image_id)
  gallery_image_id_parts = split("/", var.gallery_image_id)
  subnet_id_parts        = split("/", var.subnet_id)

  # Image Builder runs Shell customizers as root.
  as_root = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"

  # Taken once: each call of timestamp() gives another time.
  now                = timestamp()
  time_version       = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version      = var.image_version != null ? var.image_version : local.time_version
  gallery_version_id = "/subscriptions/${local.gallery_image_id_parts[2]}/resourceGroups/${local.gallery_image_id_parts[4]}/providers/Microsoft.Compute/galleries/${local.gallery_image_id_parts[8]}/images/${local.gallery_image_id_parts[10]}/versions/${length(local.gallery_image_id_parts) > 12 && local.gallery_image_id_parts[12] != "latest" ? local.gallery_image_id_parts[12] : local.image_version}"
}

source "azure-arm" "web" {
  use_azure_cli_auth = var.use_azure_cli_auth
  subscription_id    = local.subnet_id_parts[2]

  # Source image
  os_type         = "Linux"
  image_publisher = "Canonical"
  image_offer     = "0001-com-ubuntu-server-jammy"
  image_sku       = "22_04-lts-gen2"
  image_version   = "latest"

  # Build VM. Packer reaches it by its private address: run Packer inside this network.
  location                            = var.location
  vm_size                             = "Standard_D2ds_v4"
  virtual_network_resource_group_name = local.subnet_id_parts[4]
  virtual_network_name                = local.subnet_id_parts[8]
  virtual_network_subnet_name         = local.subnet_id_parts[10]

  # Distribution
  managed_image_name                = "home"
  managed_image_resource_group_name = var.resource_group_name

  shared_image_gallery_destination {
    subscription   = local.gallery_image_id_parts[2]
    resource_group = local.gallery_image_id_parts[4]
    gallery_name   = local.gallery_image_id_parts[8]
    image_name     = local.gallery_image_id_parts[10]
    image_version  = length(local.gallery_image_id_parts) > 12 && local.gallery_image_id_parts[12] != "latest" ? local.gallery_image_id_parts[12] : local.image_version

    dynamic "target_region" {
      for_each = { (var.location) = 1, (var.second) = var.replicas }
      content {
        name     = target_region.key
        replicas = target_region.value
      }
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
      name = "distribute-1"
      env = {
        TARGET_REGIONS           = join(" ", [for region, copies in { (var.location) = "", (var.second) = "=${var.replicas}" } : "${replace(region, " ", "")}${copies}"])
        SUBSCRIPTION             = local.second_image_id_parts[2]
        RESOURCE_GROUP           = local.second_image_id_parts[4]
        GALLERY_NAME             = local.second_image_id_parts[8]
        GALLERY_IMAGE_DEFINITION = local.second_image_id_parts[10]
        GALLERY_IMAGE_VERSION    = length(local.second_image_id_parts) > 12 && local.second_image_id_parts[12] != "latest" ? local.second_image_id_parts[12] : local.image_version
        LOCATION                 = var.location
        IMAGE_VERSION            = local.gallery_version_id
        EXCLUDE_FROM_LATEST      = var.preview
        TAGS                     = "owner=${var.owner}"
      }
      inline = [
        <<-EOT
          az sig image-version create \
            --subscription "$SUBSCRIPTION" \
            --resource-group "$RESOURCE_GROUP" \
            --gallery-name "$GALLERY_NAME" \
            --gallery-image-definition "$GALLERY_IMAGE_DEFINITION" \
            --gallery-image-version "$GALLERY_IMAGE_VERSION" \
            --location "$LOCATION" \
            --image-version "$IMAGE_VERSION" \
            --target-regions $TARGET_REGIONS \
            --exclude-from-latest "$EXCLUDE_FROM_LATEST" \
            --tags "$TAGS" fixed=yes \
            --output none
        EOT
      ]
    }

    post-processor "manifest" {
      output = "${path.root}/web.manifest.json"
      custom_data = {
        ("${var.run}-2") = "/subscriptions/${local.second_image_id_parts[2]}/resourceGroups/${local.second_image_id_parts[4]}/providers/Microsoft.Compute/galleries/${local.second_image_id_parts[8]}/images/${local.second_image_id_parts[10]}/versions/${length(local.second_image_id_parts) > 12 && local.second_image_id_parts[12] != "latest" ? local.second_image_id_parts[12] : local.image_version}"
      }
    }
  }

  # distribute[2]: ManagedImage, by way of a disk made of the gallery version.
  post-processors {
    post-processor "shell-local" {
      name = "image"
      env = {
        GALLERY_SUBSCRIPTION     = local.gallery_image_id_parts[2]
        GALLERY_RESOURCE_GROUP   = local.gallery_image_id_parts[4]
        GALLERY_NAME             = local.gallery_image_id_parts[8]
        GALLERY_IMAGE_DEFINITION = local.gallery_image_id_parts[10]
        BUILD_LOCATION           = var.location
        SOURCE                   = local.gallery_version_id
        TEMPORARY_NAME           = "packer-2-${formatdate("YYYYMMDDhhmmss", local.now)}"
        SUBSCRIPTION             = var.subscription_id
        RESOURCE_GROUP           = var.resource_group_name
        LOCATION                 = var.image_location
        NAME                     = "img-${var.run}"
      }
      inline = [
        <<-EOT
          generation=$(az sig image-definition show \
            --subscription "$GALLERY_SUBSCRIPTION" \
            --resource-group "$GALLERY_RESOURCE_GROUP" \
            --gallery-name "$GALLERY_NAME" \
            --gallery-image-definition "$GALLERY_IMAGE_DEFINITION" \
            --query hyperVGeneration \
            --output tsv)
          disk=$(az disk create \
            --subscription "$SUBSCRIPTION" \
            --resource-group "$RESOURCE_GROUP" \
            --name "$TEMPORARY_NAME" \
            --location "$BUILD_LOCATION" \
            --gallery-image-reference "$SOURCE" \
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
            --location "$LOCATION" \
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
            --location "$LOCATION" \
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
        image = "/subscriptions/${var.subscription_id}/resourceGroups/${var.resource_group_name}/providers/Microsoft.Compute/images/img-${var.run}"
      }
    }
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/web.manifest.json"
    custom_data = {
      (var.run) = local.gallery_version_id
      home      = "/subscriptions/${build.SubscriptionID}/resourceGroups/${var.resource_group_name}/providers/Microsoft.Compute/images/home"
    }
  }
}
