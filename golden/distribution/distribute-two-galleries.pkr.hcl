# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build -var subscription_id=... build.pkr.hcl
#
# Run it on Linux or macOS. The account needs Contributor on the subscription, which Image Builder's own service took care of,
# and may use the gallery.
# Post-processors run the Azure CLI, which must be signed in there, with the right to write what they make.
# Image Builder counts on from the highest version in the gallery. To do so, add:
#
#   -var image_version=$(aib2packer next-version /subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/web '/subscriptions/33333333-3333-3333-3333-333333333333/resourceGroups/prod images/providers/Microsoft.Compute/galleries/prod/images/web') -var image_version_major_2=$(aib2packer next-version /subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/web2 --major 2)
#
# Otherwise than in Image Builder: build region added to the regions (AIB2P305).

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

variable "image_version_major_2" {
  type        = string
  description = "Gallery version of the image, such as 2.4.2. Null: 2.<date>.<time>, which grows with each build and stays below 3.0.0."
  default     = null
}

locals {
  # Image Builder runs Shell customizers as root.
  as_root = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"

  # Taken once: each call of timestamp() gives another time.
  now                   = timestamp()
  time_version          = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version         = var.image_version != null ? var.image_version : local.time_version
  gallery_version_id    = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/web/versions/${local.image_version}"
  time_version_major_2  = format("2.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version_major_2 = var.image_version_major_2 != null ? var.image_version_major_2 : local.time_version_major_2
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
  shared_image_gallery_destination {
    subscription   = "22222222-2222-2222-2222-222222222222"
    resource_group = "images"
    gallery_name   = "golden"
    image_name     = "web"
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
      name = "web-prod"
      env = {
        GALLERY_IMAGE_VERSION = local.image_version
        IMAGE_VERSION         = local.gallery_version_id
      }
      inline = [
        <<-EOT
          az sig image-version create \
            --subscription 33333333-3333-3333-3333-333333333333 \
            --resource-group 'prod images' \
            --gallery-name prod \
            --gallery-image-definition web \
            --gallery-image-version "$GALLERY_IMAGE_VERSION" \
            --location westeurope \
            --image-version "$IMAGE_VERSION" \
            --target-regions westeurope=Standard_LRS northeurope=2=Standard_ZRS eastus=1=Premium_LRS \
            --exclude-from-latest true \
            --tags stage=prod 'owner=Jane O'"'"'Neil $HOME' \
            --output none
        EOT
      ]
    }

    post-processor "manifest" {
      output = "${path.root}/web.manifest.json"
      custom_data = {
        web-prod = "/subscriptions/33333333-3333-3333-3333-333333333333/resourceGroups/prod images/providers/Microsoft.Compute/galleries/prod/images/web/versions/${local.image_version}"
      }
    }
  }

  # distribute[2]: SharedImage, copied from the gallery version of azure-arm.
  post-processors {
    post-processor "shell-local" {
      name = "web2"
      env = {
        GALLERY_IMAGE_VERSION = local.image_version_major_2
        IMAGE_VERSION         = local.gallery_version_id
      }
      inline = [
        <<-EOT
          az sig image-version create \
            --subscription 22222222-2222-2222-2222-222222222222 \
            --resource-group images \
            --gallery-name golden \
            --gallery-image-definition web2 \
            --gallery-image-version "$GALLERY_IMAGE_VERSION" \
            --location westeurope \
            --image-version "$IMAGE_VERSION" \
            --target-regions westeurope=3 northeurope=1 \
            --storage-account-type Standard_ZRS \
            --output none
        EOT
      ]
    }

    post-processor "manifest" {
      output = "${path.root}/web.manifest.json"
      custom_data = {
        web2 = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/web2/versions/${local.image_version_major_2}"
      }
    }
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/web.manifest.json"
    custom_data = {
      web = local.gallery_version_id
    }
  }
}
