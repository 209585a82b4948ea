# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build -var vhd_resource_group_name=... -var vhd_storage_account=... build.pkr.hcl
#
# Run it on Linux or macOS. The account needs Contributor on the subscription, which Image Builder's own service took care of,
# and may use the gallery, the managed image's resource group and the storage account.
# Post-processors run the Azure CLI, which must be signed in there, with the right to write what they make.
# For VHDs that takes Storage Blob Data Contributor on the storage account.
# Differs from Image Builder: existing managed image not overwritten (AIB2P304), build VM open to the internet (AIB2P318).

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

variable "vhd_storage_account" {
  type        = string
  description = "Storage account that receives the VHD, in the subscription of the build. Whoever runs Packer gives it."
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
  default     = "11111111-1111-1111-1111-111111111111"
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
  description = "Gallery version of the image. No version can be made twice: each build needs a number of its own."
  default     = "1.2.3"
}

variable "managed_image_name_of_target_4" {
  type        = string
  description = "Name of the managed image. An image that has it is replaced when the new one is there."
  default     = "web2"
}

variable "vhd_container" {
  type        = string
  description = "Container that receives the VHD; it must exist."
  default     = "vhds"
}

locals {
  # Image Builder runs Shell customizers as root.
  as_root            = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"
  sign_in            = <<-EOT
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
  gallery_version_id = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/web/versions/${var.image_version}"

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
  os_type         = "Linux"
  image_publisher = "Canonical"
  image_offer     = "0001-com-ubuntu-server-jammy"
  image_sku       = "22_04-lts-gen2"
  image_version   = "latest"

  # Build VM
  location                     = "westeurope"
  temp_resource_group_name     = local.temporary_group_name
  vm_size                      = "Standard_D2ds_v4"
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  managed_image_name                = var.managed_image_name
  managed_image_resource_group_name = "images"

  storage_account        = "contosovhds"
  resource_group_name    = var.vhd_resource_group_name
  capture_container_name = "golden"
  capture_name_prefix    = "web-vhd"

  shared_image_gallery_destination {
    subscription   = "22222222-2222-2222-2222-222222222222"
    resource_group = "images"
    gallery_name   = "golden"
    image_name     = "web"
    image_version  = var.image_version

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

  # Tags of its own, which azure-arm would put on all that it makes. Packer takes `{{` in env for a template, and the Azure CLI
  # takes what follows `@` for a file: both are percent-encoded in values that are not known yet.
  post-processor "shell-local" {
    name = "web-image-tags"
    env = { for name, value in {
      RESOURCE_ID = "/subscriptions/${build.SubscriptionID}/resourceGroups/images/providers/Microsoft.Compute/images/${var.managed_image_name}"
    } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
    inline = [
      local.sign_in,
      <<-EOT
        az tag update --resource-id "$RESOURCE_ID" --operation Merge --tags kind=image --output none
      EOT
    ]
  }

  # Tags of its own, which azure-arm would put on all that it makes.
  post-processor "shell-local" {
    name = "web-tags"
    env = { for name, value in {
      RESOURCE_ID = local.gallery_version_id
    } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
    inline = [
      local.sign_in,
      <<-EOT
        az tag update --resource-id "$RESOURCE_ID" --operation Merge --tags kind=version --output none
      EOT
    ]
  }

  # azure-arm names the VHD itself; here it gets the name that the template asks for.
  post-processor "shell-local" {
    name = "web-vhd-name"
    env = {
      SOURCE_BLOB = "web-vhd${build.TempOSDiskName}.vhd"
    }
    inline = [
      local.sign_in,
      <<-EOT
        name=web.vhd
        partial= # a VHD that is being written where there was none: a part of a VHD is none, and goes
        new= # the new VHD by another name, while it takes the place of an old one
        clean_up() {
          status=$?
          trap - EXIT
          if [ -n "$new" ]; then
            echo "The new VHD is there as $new, and stays: the old one, $name, may be gone." >&2
          fi
          if [ -n "$partial" ]; then
            az storage blob copy abort \
              --auth-mode login \
              --account-name contosovhds \
              --destination-container golden \
              --destination-blob "$partial" \
              --copy-id "$${copy:-}" ||
              :
            az storage blob delete \
              --auth-mode login \
              --account-name contosovhds \
              --container-name golden \
              --name "$partial" ||
              echo "The VHD is incomplete, delete it if it is there: $partial" >&2
          fi
          exit "$status"
        }
        trap clean_up EXIT
        trap 'exit 1' HUP INT TERM
        copy_to() { # the name; then account, container and name of the source
          copy=$(az storage blob copy start \
            --auth-mode login \
            --account-name contosovhds \
            --destination-container golden \
            --destination-blob "$1" \
            --source-account-name "$2" \
            --source-container "$3" \
            --source-blob "$4" \
            --query id \
            --output tsv)
          tries=0
          while :; do
            sign_in
            copied=$(az storage blob show \
              --auth-mode login \
              --account-name contosovhds \
              --container-name golden \
              --name "$1" \
              --query properties.copy.status \
              --output tsv)
            case "$copied" in
              success) break ;;
              failed | aborted) echo "The copy of the VHD ended as: $copied" >&2; exit 1 ;;
            esac
            tries=$((tries + 1))
            if [ "$tries" -ge 960 ]; then
              echo "The VHD was not copied in 240 minutes." >&2
              exit 1
            fi
            sleep 15
          done
        }
        there=$(az storage blob exists \
          --auth-mode login \
          --account-name contosovhds \
          --container-name golden \
          --name "$name" \
          --query exists \
          --output tsv)
        # A VHD of that name stays until the new one is there by another name.
        if [ "$there" = true ]; then new="$SOURCE_BLOB"; else partial=$name; fi
        copy_to "$name" contosovhds golden "$SOURCE_BLOB"
        trap - EXIT HUP INT TERM
        az storage blob delete \
          --auth-mode login \
          --account-name contosovhds \
          --container-name golden \
          --name "$SOURCE_BLOB"
      EOT
    ]
  }

  # SharedImage, copied from the gallery version of azure-arm.
  post-processors {
    post-processor "shell-local" {
      name = "web-eu"
      env = { for name, value in {
        GALLERY_IMAGE_VERSION = var.image_version
        IMAGE_VERSION         = local.gallery_version_id
      } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
      inline = [
        local.sign_in,
        <<-EOT
          version="$GALLERY_IMAGE_VERSION"
          versions=$(az sig image-version list \
            --subscription 22222222-2222-2222-2222-222222222222 \
            --resource-group images \
            --gallery-name eu \
            --gallery-image-definition web \
            --query '[].name' \
            --output tsv)
          if printf '%s\n' "$versions" | grep -qxFe "$version"; then
            echo "There is a version $version: delete it, or choose another one." >&2
            exit 1
          fi
          az sig image-version create \
            --subscription 22222222-2222-2222-2222-222222222222 \
            --resource-group images \
            --gallery-name eu \
            --gallery-image-definition web \
            --gallery-image-version "$GALLERY_IMAGE_VERSION" \
            --location westeurope \
            --image-version "$IMAGE_VERSION" \
            --target-regions westeurope=1 \
            --block-deletion-before-end-of-life false \
            --tags kind=copy \
            --no-wait \
            --output none
          tries=0
          while :; do
            sign_in
            state=$(az sig image-version show \
              --subscription 22222222-2222-2222-2222-222222222222 \
              --resource-group images \
              --gallery-name eu \
              --gallery-image-definition web \
              --gallery-image-version "$GALLERY_IMAGE_VERSION" \
              --query provisioningState \
              --output tsv)
            case "$state" in
              Succeeded) break ;;
              Failed | Canceled) echo "Publishing the image version ended as: $state" >&2; exit 1 ;;
            esac
            tries=$((tries + 1))
            if [ "$tries" -ge 480 ]; then
              echo "The image version was not published in 240 minutes." >&2
              exit 1
            fi
            sleep 30
          done
        EOT
      ]
    }

    post-processor "manifest" {
      output = "${path.root}/web.manifest.json"
      custom_data = {
        web-eu = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/eu/images/web/versions/${var.image_version}"
      }
    }
  }

  # ManagedImage, by way of a disk made of the gallery version.
  post-processors {
    post-processor "shell-local" {
      name = "web-image-2"
      env = { for name, value in {
        NAME           = var.managed_image_name_of_target_4
        TEMPORARY_NAME = "packer-temporary-4-web-${local.build_time}"
        SOURCE         = local.gallery_version_id
      } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
      inline = [
        local.sign_in,
        <<-EOT
          generation=$(az sig image-definition show \
            --subscription 22222222-2222-2222-2222-222222222222 \
            --resource-group images \
            --gallery-name golden \
            --gallery-image-definition web \
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
              az image delete \
                --subscription 11111111-1111-1111-1111-111111111111 \
                --resource-group images \
                --name "$spare" ||
                echo "Left over, delete it: image $spare" >&2
            fi
            az disk delete \
              --subscription 11111111-1111-1111-1111-111111111111 \
              --resource-group images \
              --name "$TEMPORARY_NAME" \
              --yes ||
              echo "Left over, delete it: disk $TEMPORARY_NAME" >&2
            exit "$status"
          }
          trap clean_up EXIT
          trap 'exit 1' HUP INT TERM

          disk=$(az disk create \
            --subscription 11111111-1111-1111-1111-111111111111 \
            --resource-group images \
            --name "$TEMPORARY_NAME" \
            --location westeurope \
            --gallery-image-reference "$SOURCE" \
            --tags packer-temporary=web \
            --query id \
            --output tsv)
          make_image() {
            az image create \
              --subscription 11111111-1111-1111-1111-111111111111 \
              --resource-group images \
              --name "$@" \
              --location westeurope \
              --source "$disk" \
              --os-type Linux \
              --hyper-v-generation "$generation" \
              --output none
          }

          images=$(az image list \
            --subscription 11111111-1111-1111-1111-111111111111 \
            --resource-group images \
            --query '[].name' \
            --output tsv)
          if printf '%s\n' "$images" | grep -iqxFe "$image"; then
            # Image Builder replaced an image of that name. Here it goes when the new one is there by another name.
            spare="new-$TEMPORARY_NAME"
            make_image "$spare" --tags "packer-replaces=$image"
            only=$spare spare=""
            az image delete \
              --subscription 11111111-1111-1111-1111-111111111111 \
              --resource-group images \
              --name "$image"
          fi
          make_image "$image"
          spare=$only only=""
        EOT
      ]
    }

    post-processor "manifest" {
      output = "${path.root}/web.manifest.json"
      custom_data = {
        web-image-2 = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/images/providers/Microsoft.Compute/images/${var.managed_image_name_of_target_4}"
      }
    }
  }

  # VHD, copied from that of azure-arm.
  post-processors {
    post-processor "shell-local" {
      name = "web-vhd-2"
      env = {
        SOURCE_BLOB    = "web-vhd${build.TempOSDiskName}.vhd"
        TEMPORARY_NAME = "packer-temporary-5-web-${local.build_time}.vhd"
      }
      inline = [
        local.sign_in,
        <<-EOT
          # Where azure-arm's VHD still has its first name, that with the name it was to get is of an earlier build.
          source="$SOURCE_BLOB"
          unnamed=$(az storage blob exists \
            --auth-mode login \
            --account-name contosovhds \
            --container-name golden \
            --name "$source" \
            --query exists \
            --output tsv)
          if [ "$unnamed" != true ]; then source=web.vhd; fi
          # Between two accounts this takes az 2.70, and a role for the blobs of both.
          name=2024/web.vhd
          partial= # a VHD that is being written where there was none: a part of a VHD is none, and goes
          new= # the new VHD by another name, while it takes the place of an old one
          clean_up() {
            status=$?
            trap - EXIT
            if [ -n "$new" ]; then
              echo "The new VHD is there as $new, and stays: the old one, $name, may be gone." >&2
            fi
            if [ -n "$partial" ]; then
              az storage blob copy abort \
                --auth-mode login \
                --account-name contosobackup \
                --destination-container vhds \
                --destination-blob "$partial" \
                --copy-id "$${copy:-}" ||
                :
              az storage blob delete \
                --auth-mode login \
                --account-name contosobackup \
                --container-name vhds \
                --name "$partial" ||
                echo "The VHD is incomplete, delete it if it is there: $partial" >&2
            fi
            exit "$status"
          }
          trap clean_up EXIT
          trap 'exit 1' HUP INT TERM
          copy_to() { # the name; then account, container and name of the source
            copy=$(az storage blob copy start \
              --auth-mode login \
              --account-name contosobackup \
              --destination-container vhds \
              --destination-blob "$1" \
              --source-account-name "$2" \
              --source-container "$3" \
              --source-blob "$4" \
              --query id \
              --output tsv)
            tries=0
            while :; do
              sign_in
              copied=$(az storage blob show \
                --auth-mode login \
                --account-name contosobackup \
                --container-name vhds \
                --name "$1" \
                --query properties.copy.status \
                --output tsv)
              case "$copied" in
                success) break ;;
                failed | aborted) echo "The copy of the VHD ended as: $copied" >&2; exit 1 ;;
              esac
              tries=$((tries + 1))
              if [ "$tries" -ge 960 ]; then
                echo "The VHD was not copied in 240 minutes." >&2
                exit 1
              fi
              sleep 15
            done
          }
          there=$(az storage blob exists \
            --auth-mode login \
            --account-name contosobackup \
            --container-name vhds \
            --name "$name" \
            --query exists \
            --output tsv)
          # A VHD of that name stays until the new one is there by another name.
          if [ "$there" = true ]; then
            partial="$TEMPORARY_NAME"
            copy_to "$partial" contosovhds golden "$source"
            new=$partial partial=""
            copy_to "$name" contosobackup vhds "$new"
            spare=$new new=""
            az storage blob delete \
              --auth-mode login \
              --account-name contosobackup \
              --container-name vhds \
              --name "$spare" ||
              echo "Left over, delete it: $spare" >&2
          else
            # there is none
            partial=$name
            copy_to "$name" contosovhds golden "$source"
          fi
          trap - EXIT HUP INT TERM
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

  # VHD, copied from that of azure-arm.
  post-processors {
    post-processor "shell-local" {
      name = "web-vhd-3"
      env = { for name, value in {
        SOURCE_BLOB           = "web-vhd${build.TempOSDiskName}.vhd"
        NAME                  = "web-vhd-3_${local.build_time}.vhd"
        ACCOUNT_NAME          = var.vhd_storage_account
        DESTINATION_CONTAINER = var.vhd_container
      } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
      inline = [
        local.sign_in,
        <<-EOT
          # Where azure-arm's VHD still has its first name, that with the name it was to get is of an earlier build.
          source="$SOURCE_BLOB"
          unnamed=$(az storage blob exists \
            --auth-mode login \
            --account-name contosovhds \
            --container-name golden \
            --name "$source" \
            --query exists \
            --output tsv)
          if [ "$unnamed" != true ]; then source=web.vhd; fi
          # Between two accounts this takes az 2.70, and a role for the blobs of both.
          name="$NAME"
          partial= # a VHD that is being written where there was none: a part of a VHD is none, and goes
          clean_up() {
            status=$?
            trap - EXIT
            if [ -n "$partial" ]; then
              az storage blob copy abort \
                --auth-mode login \
                --account-name "$ACCOUNT_NAME" \
                --destination-container "$DESTINATION_CONTAINER" \
                --destination-blob "$partial" \
                --copy-id "$${copy:-}" ||
                :
              az storage blob delete \
                --auth-mode login \
                --account-name "$ACCOUNT_NAME" \
                --container-name "$DESTINATION_CONTAINER" \
                --name "$partial" ||
                echo "The VHD is incomplete, delete it if it is there: $partial" >&2
            fi
            exit "$status"
          }
          trap clean_up EXIT
          trap 'exit 1' HUP INT TERM
          copy_to() { # the name; then account, container and name of the source
            copy=$(az storage blob copy start \
              --auth-mode login \
              --account-name "$ACCOUNT_NAME" \
              --destination-container "$DESTINATION_CONTAINER" \
              --destination-blob "$1" \
              --source-account-name "$2" \
              --source-container "$3" \
              --source-blob "$4" \
              --query id \
              --output tsv)
            tries=0
            while :; do
              sign_in
              copied=$(az storage blob show \
                --auth-mode login \
                --account-name "$ACCOUNT_NAME" \
                --container-name "$DESTINATION_CONTAINER" \
                --name "$1" \
                --query properties.copy.status \
                --output tsv)
              case "$copied" in
                success) break ;;
                failed | aborted) echo "The copy of the VHD ended as: $copied" >&2; exit 1 ;;
              esac
              tries=$((tries + 1))
              if [ "$tries" -ge 960 ]; then
                echo "The VHD was not copied in 240 minutes." >&2
                exit 1
              fi
              sleep 15
            done
          }
          partial=$name
          copy_to "$name" contosovhds golden "$source"
          trap - EXIT HUP INT TERM
        EOT
      ]
    }

    post-processor "manifest" {
      output = "${path.root}/web.manifest.json"
      custom_data = {
        web-vhd-3 = "https://${var.vhd_storage_account}.blob.core.windows.net/${var.vhd_container}/web-vhd-3_${local.build_time}.vhd"
      }
    }
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/web.manifest.json"
    custom_data = {
      web-image = "/subscriptions/${build.SubscriptionID}/resourceGroups/images/providers/Microsoft.Compute/images/${var.managed_image_name}"
      web       = local.gallery_version_id
      web-vhd   = "https://contosovhds.blob.core.windows.net/golden/web.vhd"
    }
  }
}
