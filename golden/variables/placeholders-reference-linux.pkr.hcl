# VM image seed, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 80m packer build -var-file=values.pkrvars.hcl build.pkr.hcl
#
# values.pkrvars.hcl gives values to vnet_name, subnet_name, vnet_rg_name, path_to_script, sha256_checksum, commands_to_run,
# source_location, destination, resource_id, region, value, rg_name, shared_image_gal_name, image_def_name,
# region_where_the_gallery_is_deployed, vhd_storage_account, vhd_resource_group_name.
#
# Run it on Linux, where it can reach the subnet of the build VM. The account needs Contributor on the subscription, which Image
# Builder's own service took care of, and what the identity of the template had: the subnet, the gallery, the managed image's
# resource group and the storage account.
# Post-processors run the Azure CLI, which must be signed in there, with the right to write what they make.
# For VHDs that takes Storage Blob Data Contributor on the storage account.
# Not carried over: vnetConfig.proxyVmSize (AIB2P204), tags of a VHD (AIB2P215), placeholder read as unset (AIB2P217).
# Differs from Image Builder: additional managed image (AIB2P303), build region added to the regions (AIB2P305), deprovisioning
# script after a restart (AIB2P309).

packer {
  required_version = ">= 1.13.0"

  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
    }
  }
}

variable "vnet_name" {
  type        = string
  description = "Virtual network of the build VM. Fills in <vnetName> of the template. Whoever runs Packer gives it."
}

variable "subnet_name" {
  type        = string
  description = "Subnet of the build VM. Fills in <subnetName> of the template. Whoever runs Packer gives it."
}

variable "vnet_rg_name" {
  type        = string
  description = "Resource group of the virtual network. Fills in <vnetRgName> of the template. Whoever runs Packer gives it."
}

variable "path_to_script" {
  type        = string
  description = "Address of the script of the step s. Fills in <path to script> of the template. Whoever runs Packer gives it."
}

variable "sha256_checksum" {
  type        = string
  description = "Checksum of the script of the step s and checksum of the file of the step f. Fills in <sha256 checksum> of the template. Whoever runs Packer gives it."
}

variable "commands_to_run" {
  type        = string
  description = "Value in the commands of the step one. Fills in <commands to run> of the template. Whoever runs Packer gives it."
}

variable "source_location" {
  type        = string
  description = "Address of the file of the step f. Fills in <source location> of the template. Whoever runs Packer gives it."
}

variable "destination" {
  type        = string
  description = "Place on the VM for the file of the step f. Fills in <destination> of the template. Whoever runs Packer gives it."
}

variable "resource_id" {
  type        = string
  description = "Id of the managed image. Fills in <resource ID> of the template. Whoever runs Packer gives it."

  validation {
    condition     = can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Compute/images/[^/]+$", var.resource_id))
    error_message = "The resource_id must be a resource id: /subscriptions/.../resourceGroups/.../providers/Microsoft.Compute/images/..."
  }
}

variable "region" {
  type        = string
  description = "Region of the managed image and of the image. Fills in <region> of the template. Whoever runs Packer gives it."
}

variable "value" {
  type        = string
  description = "Value of a tag. Fills in <value> of the template. Whoever runs Packer gives it."
}

variable "rg_name" {
  type        = string
  description = "Resource group of the gallery of the image. Fills in <rgName> of the template. Whoever runs Packer gives it."
}

variable "shared_image_gal_name" {
  type        = string
  description = "Gallery of the image. Fills in <sharedImageGalName> of the template. Whoever runs Packer gives it."
}

variable "image_def_name" {
  type        = string
  description = "Image definition. Fills in <imageDefName> of the template. Whoever runs Packer gives it."
}

variable "region_where_the_gallery_is_deployed" {
  type        = string
  description = "Region of the image. Fills in <region where the gallery is deployed> of the template. Whoever runs Packer gives it."
}

variable "vhd_storage_account" {
  type        = string
  description = "Storage account that receives the VHD, in the subscription of the build. Whoever runs Packer gives it."
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
  description = "Subscription that the build VM runs in. Empty: that of the account that signs in; identity tokens have none."
  default     = env("ARM_SUBSCRIPTION_ID")
}

variable "name" {
  type        = string
  description = "Name of the run output. Fills in <name> of the template."
  default     = "name"
}

variable "name2" {
  type        = string
  description = "Name of the run output. Fills in <name2> of the template."
  default     = "name2"
}

variable "vhd_name" {
  type        = string
  description = "Name of the run output. Fills in <VHD name> of the template."
  default     = "vhd_name"
}

variable "vhd_container" {
  type        = string
  description = "Container that receives the VHD; it must exist."
  default     = "vhds"
}

variable "image_version" {
  type        = string
  description = "Gallery version of the image. No version can be made twice: each build needs a number of its own."
  default     = "1.1.1"
}

locals {
  resource_id_parts = split("/", var.resource_id)

  # Image Builder runs Shell customizers as root.
  as_root   = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"
  downloads = "${path.root}/downloads/seed"

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  sign_in              = <<-EOT
    # Where GitHub Actions hands out identity tokens, the Azure CLI is signed in for an hour, and for what it has not talked to yet
    # for five minutes: sign in again with a new one. A loop that waits calls this too.
    sign_in() {
      if [ -z "$${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ] || [ -z "$${ARM_CLIENT_ID:-}" ]; then return 0; fi
      if [ "$(($(date +%s) - $${signed_in:-0}))" -lt 240 ]; then return 0; fi
      identity_token=$(printf 'Authorization: Bearer %s' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" |
        curl -fsSL --retry 5 -H @- "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=api://AzureADTokenExchange" |
        sed -n 's/.*"value" *: *"\([^"]*\)".*/\1/p')
      az logout --username "$ARM_CLIENT_ID" 2>/dev/null || true
      printf '%s' "$identity_token" | az login --service-principal --username "$ARM_CLIENT_ID" \
        --tenant "$${ARM_TENANT_ID:?}" --federated-token @- --allow-no-subscriptions --output none
      if [ -n "$${ARM_SUBSCRIPTION_ID:-}" ]; then az account set --subscription "$ARM_SUBSCRIPTION_ID"; fi
      signed_in=$(date +%s)
    }
    sign_in
  EOT
  temporary_group_name = "packer-temporary-seed-${local.build_time}"
  temporary_image_name = local.temporary_group_name
}

source "azure-arm" "seed" {
  # On a laptop with the account of the Azure CLI; in GitHub Actions as the client there, with identity tokens of the job.
  use_azure_cli_auth = var.use_azure_cli_auth && (var.client_id == "" || var.oidc_request_url == "")
  tenant_id          = var.oidc_request_url == "" ? null : var.tenant_id
  client_id          = var.client_id
  oidc_request_url   = var.oidc_request_url
  oidc_request_token = var.oidc_request_token
  subscription_id    = var.subscription_id

  # Source image
  os_type         = "Linux"
  image_publisher = "RedHat"
  image_offer     = "rhel-byos"
  image_sku       = "rhel-lvm75"
  image_version   = "latest"

  plan_info {
    plan_name      = "rhel-lvm75"
    plan_product   = "rhel-byos"
    plan_publisher = "redhat"
  }

  # Build VM. Packer reaches it by its private address: run Packer inside this network.
  location                            = "westus2"
  temp_resource_group_name            = local.temporary_group_name
  vm_size                             = "Standard_D1_v2"
  os_disk_size_gb                     = 100
  virtual_network_resource_group_name = var.vnet_rg_name
  virtual_network_name                = var.vnet_name
  virtual_network_subnet_name         = var.subnet_name

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "80m"

  # Distribution
  # The gallery version is made of this image. It lies in the resource group of the build, and goes with it.
  managed_image_name                = local.temporary_image_name
  managed_image_resource_group_name = local.temporary_group_name

  storage_account        = var.vhd_storage_account
  resource_group_name    = var.vhd_resource_group_name
  capture_container_name = var.vhd_container

  shared_image_gallery_destination {
    subscription         = var.subscription_id
    resource_group       = var.rg_name
    gallery_name         = var.shared_image_gal_name
    image_name           = var.image_def_name
    image_version        = var.image_version
    storage_account_type = "Standard_ZRS"

    dynamic "target_region" {
      for_each = distinct([for region in ["westus2", var.region_where_the_gallery_is_deployed, var.region] : lower(replace(region, " ", ""))])
      content {
        name = target_region.value
      }
    }
  }
  shared_gallery_image_version_exclude_from_latest = true
  shared_image_gallery_timeout                     = "80m"

  azure_tags = {
    a = var.value
  }
}

build {
  name    = "seed"
  sources = ["source.azure-arm.seed"]

  # Image Builder lays its deprovisioning script down first and runs it last, so that a customizer can change it.
  provisioner "shell" {
    name            = "deprovisioning-script"
    execute_command = local.as_root
    inline = [
      <<-EOT
        cat > /tmp/DeprovisioningScript.sh <<'END'
        WAAGENT=/usr/sbin/waagent
        if waagent -version > /dev/null 2>&1; then
          WAAGENT=waagent
        fi
        $WAAGENT -force -deprovision+user && export HISTSIZE=0 && sync
        END
      EOT
    ]
  }

  # Image Builder fetched these when the template was submitted. Here Packer's machine does, at each build. Packer takes `{{` in
  # env for a template: it is percent-encoded in values that are not known yet.
  provisioner "shell-local" {
    name = "download"
    env = { for name, value in {
      FOLDER = local.downloads
      URI    = var.path_to_script
      SHA256 = var.sha256_checksum
      URI_2  = var.source_location
    } : name => replace(value, "{{", "%7B%7B") }
    inline = [
      "mkdir -p -- \"$FOLDER\" && cd -- \"$FOLDER\"",
      "curl -fgsSL --retry 5 --proto =https,http -o 01-s -- \"$URI\"",
      "echo \"$SHA256\"'  01-s' | sha256sum --check",
      "curl -fgsSL --retry 5 --proto =https,http -o 05-f -- \"$URI_2\"",
      "echo \"$SHA256\"'  05-f' | sha256sum --check",
    ]
  }

  provisioner "file" {
    name        = "s-upload"
    source      = "${local.downloads}/01-s"
    destination = "/tmp/01-s"
    generated   = true
  }

  provisioner "shell" {
    name            = "s"
    execute_command = local.as_root
    inline = [
      "sed -i 's/\\r$//' /tmp/01-s",
      "chmod +x /tmp/01-s",
      "/tmp/01-s",
      "rm /tmp/01-s",
    ]
  }

  provisioner "shell" {
    name            = "setupBuildPath"
    execute_command = local.as_root
    inline = [
      "sudo mkdir /buildArtifacts",
      "sudo cp /tmp/index.html /buildArtifacts/index.html",
    ]
  }

  provisioner "shell" {
    name                = "r"
    execute_command     = local.as_root
    expect_disconnect   = true
    start_retry_timeout = "20m"
    inline              = ["sudo reboot"]
  }

  # The VM restarts, a moment after the command returned: wait until it is back.
  provisioner "shell" {
    name                = "r-restarted"
    pause_before        = "10s"
    start_retry_timeout = "20m"
    max_retries         = 3
    inline = [
      "while [ -e /run/systemd/shutdown/scheduled ] || [ \"$(systemctl is-system-running)\" = stopping ]; do sleep 1; done",
      "uptime",
    ]
  }

  # The restart may have emptied /tmp: lay the deprovisioning script down again, if it is missing.
  provisioner "shell" {
    name            = "deprovisioning-script"
    execute_command = local.as_root
    inline = [
      <<-EOT
        if [ -f /tmp/DeprovisioningScript.sh ]; then exit 0; fi
        cat > /tmp/DeprovisioningScript.sh <<'END'
        WAAGENT=/usr/sbin/waagent
        if waagent -version > /dev/null 2>&1; then
          WAAGENT=waagent
        fi
        $WAAGENT -force -deprovision+user && export HISTSIZE=0 && sync
        END
      EOT
    ]
  }

  provisioner "shell" {
    name            = "one"
    execute_command = local.as_root
    inline          = [var.commands_to_run]
  }

  provisioner "file" {
    name        = "f"
    source      = "${local.downloads}/05-f"
    destination = var.destination
    generated   = true
  }

  # It removes itself (rm "$0"), because Packer cannot clean up after the user is gone.
  provisioner "shell" {
    name            = "generalize"
    execute_command = local.as_root
    skip_clean      = true
    inline = [
      "rm \"$0\"",
      "if [ -f /tmp/DeprovisioningScript.sh ]; then sh /tmp/DeprovisioningScript.sh; else echo 'No deprovisioning script: the image is not generalized'; fi",
    ]
  }

  # ManagedImage, by way of a disk made of the gallery version.
  post-processors {
    post-processor "shell-local" {
      name = "distribute-0"
      env = { for name, value in {
        GALLERY_SUBSCRIPTION     = build.SubscriptionID
        GALLERY_RESOURCE_GROUP   = var.rg_name
        GALLERY_NAME             = var.shared_image_gal_name
        GALLERY_IMAGE_DEFINITION = var.image_def_name
        NAME                     = local.resource_id_parts[8]
        SUBSCRIPTION             = local.resource_id_parts[2]
        RESOURCE_GROUP           = local.resource_id_parts[4]
        TEMPORARY_NAME           = "packer-temporary-0-seed-${local.build_time}"
        SOURCE                   = "/subscriptions/${build.SubscriptionID}/resourceGroups/${var.rg_name}/providers/Microsoft.Compute/galleries/${var.shared_image_gal_name}/images/${var.image_def_name}/versions/${var.image_version}"
        LOCATION                 = var.region
      } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
      inline = [
        local.sign_in,
        <<-EOT
          generation=$(az sig image-definition show \
            --subscription "$GALLERY_SUBSCRIPTION" \
            --resource-group "$GALLERY_RESOURCE_GROUP" \
            --gallery-name "$GALLERY_NAME" \
            --gallery-image-definition "$GALLERY_IMAGE_DEFINITION" \
            --query hyperVGeneration \
            --output tsv)

          image="$NAME"
          spare= # a new image by another name, to be deleted
          only= # a new image by another name, to be kept: the old one may be gone
          # What is made on the way is deleted at the end, each whatever becomes of the others.
          clean_up() {
            status=$?
            trap - EXIT
            if [ -n "$only" ]; then
              echo "The new image is there as $only, and stays: the old image $image may be gone." >&2
            fi
            if [ -n "$spare" ]; then
              az image delete --subscription "$SUBSCRIPTION" --resource-group "$RESOURCE_GROUP" --name "$spare" ||
                echo "Left over, delete it: image $spare" >&2
            fi
            az disk delete \
              --subscription "$SUBSCRIPTION" \
              --resource-group "$RESOURCE_GROUP" \
              --name "$TEMPORARY_NAME" \
              --yes ||
              echo "Left over, delete it: disk $TEMPORARY_NAME" >&2
            exit "$status"
          }
          trap clean_up EXIT
          trap 'exit 1' HUP INT TERM

          disk=$(az disk create \
            --subscription "$SUBSCRIPTION" \
            --resource-group "$RESOURCE_GROUP" \
            --name "$TEMPORARY_NAME" \
            --location "$LOCATION" \
            --gallery-image-reference "$SOURCE" \
            --tags packer-temporary=seed \
            --query id \
            --output tsv)
          make_image() {
            az image create \
              --subscription "$SUBSCRIPTION" \
              --resource-group "$RESOURCE_GROUP" \
              --name "$@" \
              --location "$LOCATION" \
              --source "$disk" \
              --os-type Linux \
              --hyper-v-generation "$generation" \
              --output none
          }

          images=$(az image list \
            --subscription "$SUBSCRIPTION" \
            --resource-group "$RESOURCE_GROUP" \
            --query '[].name' \
            --output tsv)
          if printf '%s\n' "$images" | grep -iqxFe "$image"; then
            # Image Builder replaced an image of that name. Here it goes when the new one is there by another name.
            spare="new-$TEMPORARY_NAME"
            make_image "$spare" --tags "packer-replaces=$image"
            only=$spare spare=""
            az image delete --subscription "$SUBSCRIPTION" --resource-group "$RESOURCE_GROUP" --name "$image"
          fi
          make_image "$image"
          spare=$only only=""
        EOT
      ]
    }

    post-processor "manifest" {
      output = "${path.root}/seed.manifest.json"
      custom_data = {
        (var.name) = var.resource_id
      }
    }
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/seed.manifest.json"
    custom_data = {
      (var.name2)    = "/subscriptions/${build.SubscriptionID}/resourceGroups/${var.rg_name}/providers/Microsoft.Compute/galleries/${var.shared_image_gal_name}/images/${var.image_def_name}/versions/${var.image_version}"
      (var.vhd_name) = "https://${var.vhd_storage_account}.blob.core.windows.net/${var.vhd_container}/${build.TempOSDiskName}.vhd"
    }
  }
}
