# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   export ARM_SUBSCRIPTION_ID='...'
#   timeout 240m packer build -var-file=values.pkrvars.hcl build.pkr.hcl
#
# values.pkrvars.hcl gives values to resource_group_name, location, image_location, gallery_image_id, second_image_id, second,
# owner, subnet_id, run.
#
# Run it on Linux or macOS, where it can reach the subnet of the build VM. The account needs Contributor on the subscription,
# which Image Builder's own service took care of, and may use the subnet, the gallery and the managed image's resource group.
# Post-processors run the Azure CLI, which must be signed in there, with the right to write what they make.
# Image Builder counts on from the highest version in the gallery. To do so, set these in the shell, and add the option:
#
#   gallery_image_id=... second_image_id=...
#   -var image_version=$(aib2packer next-version "$gallery_image_id" "$second_image_id")
#
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

variable "location" {
  type        = string
  description = "Region of the build, of the image and of the managed image. The template took the region of its resource group. Whoever runs Packer gives it."
}

variable "image_location" {
  type        = string
  description = "Region of the managed image. The parameter imageLocation of the template has no default. Whoever runs Packer gives it."
}

variable "gallery_image_id" {
  type        = string
  description = "Id of the image definition. The parameter galleryImageId of the template has no default. Whoever runs Packer gives it."

  validation {
    condition     = can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Compute/galleries/[^/]+/images/[^/]+(?:/versions/[^/]+)?$", var.gallery_image_id))
    error_message = "The gallery_image_id must be a resource id, with or without a version: /subscriptions/.../resourceGroups/.../providers/Microsoft.Compute/galleries/.../images/..."
  }
}

variable "second_image_id" {
  type        = string
  description = "Id of the image definition. The parameter secondImageId of the template has no default. Whoever runs Packer gives it."

  validation {
    condition     = can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Compute/galleries/[^/]+/images/[^/]+(?:/versions/[^/]+)?$", var.second_image_id))
    error_message = "The second_image_id must be a resource id, with or without a version: /subscriptions/.../resourceGroups/.../providers/Microsoft.Compute/galleries/.../images/..."
  }
}

variable "second" {
  type        = string
  description = "Region of the image. The parameter second of the template has no default. Whoever runs Packer gives it."
}

variable "owner" {
  type        = string
  description = "Value of a tag. The parameter owner of the template has no default. Whoever runs Packer gives it."
}

variable "subnet_id" {
  type        = string
  description = "Id of the subnet of the build VM. The parameter subnetId of the template has no default. Whoever runs Packer gives it."

  validation {
    condition     = can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Network/virtualNetworks/[^/]+/subnets/[^/]+$", var.subnet_id))
    error_message = "The subnet_id must be a resource id: /subscriptions/.../resourceGroups/.../providers/Microsoft.Network/virtualNetworks/.../subnets/..."
  }
}

variable "run" {
  type        = string
  description = "Name of the run output; part of the name of the run output and of the managed image. The parameter run of the template has no default. Whoever runs Packer gives it."
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

variable "preview" {
  type        = bool
  description = "Exclusion of the image version from the latest."
  default     = true
}

variable "replicas" {
  type        = number
  description = "Number of replicas in a region."
  default     = 2
}

variable "managed_image_name" {
  type        = string
  description = "Name of the managed image. Packer builds nothing where an image has it."
  default     = "home"
}

variable "image_version" {
  type        = string
  description = "Gallery version of the image, such as 1.4.2. Null: 1.<date>.<time>, which grows with each build and stays below 2.0.0."
  default     = null
}

variable "managed_image_name_of_target_2" {
  type        = string
  description = "Name of the managed image. An image that has it is replaced when the new one is there. Null: as the template says."
  default     = null
}

locals {
  second_image_id_parts  = split("/", var.second_image_id)
  gallery_image_id_parts = split("/", var.gallery_image_id)
  subnet_id_parts        = split("/", var.subnet_id)

  # Image Builder runs Shell customizers as root.
  as_root = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"

  # Taken once: each call of timestamp() gives another time.
  now                            = timestamp()
  time_version                   = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version_of_target_1      = try(local.second_image_id_parts[12], "latest") != "latest" ? local.second_image_id_parts[12] : var.image_version != null ? var.image_version : local.time_version
  image_version_of_target_0      = try(local.gallery_image_id_parts[12], "latest") != "latest" ? local.gallery_image_id_parts[12] : var.image_version != null ? var.image_version : local.time_version
  gallery_version_id             = "/subscriptions/${local.gallery_image_id_parts[2]}/resourceGroups/${local.gallery_image_id_parts[4]}/providers/Microsoft.Compute/galleries/${local.gallery_image_id_parts[8]}/images/${local.gallery_image_id_parts[10]}/versions/${local.image_version_of_target_0}"
  sign_in                        = <<-EOT
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
  managed_image_name_of_target_2 = var.managed_image_name_of_target_2 != null ? var.managed_image_name_of_target_2 : "img-${var.run}"
  build_time                     = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name           = "packer-temporary-web-${local.build_time}"
}

source "azure-arm" "web" {
  # On a laptop with the account of the Azure CLI; in GitHub Actions as the client there, with identity tokens of the job.
  use_azure_cli_auth = var.use_azure_cli_auth && (var.client_id == "" || var.oidc_request_url == "")
  tenant_id          = var.oidc_request_url == "" ? null : var.tenant_id
  client_id          = var.client_id
  oidc_request_url   = var.oidc_request_url
  oidc_request_token = var.oidc_request_token
  subscription_id    = local.subnet_id_parts[2]

  # Source image
  os_type         = "Linux"
  image_publisher = "Canonical"
  image_offer     = "0001-com-ubuntu-server-jammy"
  image_sku       = "22_04-lts-gen2"
  image_version   = "latest"

  # Build VM. Packer reaches it by its private address: run Packer inside this network.
  location                            = var.location
  temp_resource_group_name            = local.temporary_group_name
  vm_size                             = "Standard_D2ds_v4"
  virtual_network_resource_group_name = local.subnet_id_parts[4]
  virtual_network_name                = local.subnet_id_parts[8]
  virtual_network_subnet_name         = local.subnet_id_parts[10]

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  managed_image_name                = var.managed_image_name
  managed_image_resource_group_name = var.resource_group_name

  shared_image_gallery_destination {
    subscription   = local.gallery_image_id_parts[2]
    resource_group = local.gallery_image_id_parts[4]
    gallery_name   = local.gallery_image_id_parts[8]
    image_name     = local.gallery_image_id_parts[10]
    image_version  = local.image_version_of_target_0

    dynamic "target_region" {
      for_each = { (lower(replace(var.location, " ", ""))) = 1, (lower(replace(var.second, " ", ""))) = var.replicas }
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

  # SharedImage, copied from the gallery version of azure-arm. Packer takes `{{` in env for a template, and the Azure CLI takes
  # what follows `@` for a file: both are percent-encoded in values that are not known yet.
  post-processors {
    post-processor "shell-local" {
      name = "distribute-1"
      env = { for name, value in {
        GALLERY_IMAGE_VERSION    = local.image_version_of_target_1
        SUBSCRIPTION             = local.second_image_id_parts[2]
        RESOURCE_GROUP           = local.second_image_id_parts[4]
        GALLERY_NAME             = local.second_image_id_parts[8]
        GALLERY_IMAGE_DEFINITION = local.second_image_id_parts[10]
        TARGET_REGIONS           = join(" ", [for region, copies in { (lower(replace(var.location, " ", ""))) = "=1", (lower(replace(var.second, " ", ""))) = "=${var.replicas}" } : regex_replace("${region}${copies}", "[^A-Za-z0-9_=]", "")])
        LOCATION                 = var.location
        IMAGE_VERSION            = local.gallery_version_id
        EXCLUDE_FROM_LATEST      = var.preview
        TAGS = replace(replace(jsonencode({ operation = "Merge", properties = { tags = { for name, value in {
          owner = var.owner
          fixed = "yes"
        } : name => format("%v", value) } } }), "{{", "{\\u007b"), "@", "\\u0040")
        TAGS_URL = "/subscriptions/${local.second_image_id_parts[2]}/resourceGroups/${local.second_image_id_parts[4]}/providers/Microsoft.Compute/galleries/${local.second_image_id_parts[8]}/images/${local.second_image_id_parts[10]}/versions/${local.image_version_of_target_1}/providers/Microsoft.Resources/tags/default?api-version=2021-04-01"
      } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
      inline = [
        local.sign_in,
        <<-EOT
          version="$GALLERY_IMAGE_VERSION"
          versions=$(az sig image-version list \
            --subscription "$SUBSCRIPTION" \
            --resource-group "$RESOURCE_GROUP" \
            --gallery-name "$GALLERY_NAME" \
            --gallery-image-definition "$GALLERY_IMAGE_DEFINITION" \
            --query '[].name' \
            --output tsv)
          if printf '%s\n' "$versions" | grep -qxFe "$version"; then
            echo "There is a version $version: delete it, or choose another one." >&2
            exit 1
          fi
          # shellcheck disable=SC2086 # the regions are words of their own
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
            --block-deletion-before-end-of-life false \
            --no-wait \
            --output none
          tries=0
          while :; do
            sign_in
            state=$(az sig image-version show \
              --subscription "$SUBSCRIPTION" \
              --resource-group "$RESOURCE_GROUP" \
              --gallery-name "$GALLERY_NAME" \
              --gallery-image-definition "$GALLERY_IMAGE_DEFINITION" \
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
          az rest --method patch --url "$TAGS_URL" --body "$TAGS" --output none
        EOT
      ]
    }

    post-processor "manifest" {
      output = "${path.root}/web.manifest.json"
      custom_data = {
        ("${var.run}-2") = "/subscriptions/${local.second_image_id_parts[2]}/resourceGroups/${local.second_image_id_parts[4]}/providers/Microsoft.Compute/galleries/${local.second_image_id_parts[8]}/images/${local.second_image_id_parts[10]}/versions/${local.image_version_of_target_1}"
      }
    }
  }

  # ManagedImage, by way of a disk made of the gallery version.
  post-processors {
    post-processor "shell-local" {
      name = "image"
      env = { for name, value in {
        GALLERY_SUBSCRIPTION     = local.gallery_image_id_parts[2]
        GALLERY_RESOURCE_GROUP   = local.gallery_image_id_parts[4]
        GALLERY_NAME             = local.gallery_image_id_parts[8]
        GALLERY_IMAGE_DEFINITION = local.gallery_image_id_parts[10]
        BUILD_LOCATION           = var.location
        NAME                     = local.managed_image_name_of_target_2
        SUBSCRIPTION             = var.subscription_id
        RESOURCE_GROUP           = var.resource_group_name
        TEMPORARY_NAME           = "packer-temporary-2-web-${local.build_time}"
        SOURCE                   = local.gallery_version_id
        LOCATION                 = var.image_location
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
              --name "$TEMPORARY_NAME-there" \
              --yes ||
              echo "Left over, delete it: disk $TEMPORARY_NAME-there" >&2
            az snapshot delete \
              --subscription "$SUBSCRIPTION" \
              --resource-group "$RESOURCE_GROUP" \
              --name "$TEMPORARY_NAME-there" ||
              echo "Left over, delete it: snapshot $TEMPORARY_NAME-there" >&2
            az snapshot delete \
              --subscription "$SUBSCRIPTION" \
              --resource-group "$RESOURCE_GROUP" \
              --name "$TEMPORARY_NAME" ||
              echo "Left over, delete it: snapshot $TEMPORARY_NAME" >&2
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
            --location "$BUILD_LOCATION" \
            --gallery-image-reference "$SOURCE" \
            --tags packer-temporary=web \
            --query id \
            --output tsv)
          snapshot=$(az snapshot create \
            --subscription "$SUBSCRIPTION" \
            --resource-group "$RESOURCE_GROUP" \
            --name "$TEMPORARY_NAME" \
            --location "$BUILD_LOCATION" \
            --source "$disk" \
            --copy-start false \
            --incremental true \
            --tags packer-temporary=web \
            --query id \
            --output tsv)
          copy=$(az snapshot create \
            --subscription "$SUBSCRIPTION" \
            --resource-group "$RESOURCE_GROUP" \
            --name "$TEMPORARY_NAME-there" \
            --location "$LOCATION" \
            --source "$snapshot" \
            --copy-start true \
            --incremental true \
            --tags packer-temporary=web \
            --query id \
            --output tsv)

          # The copy goes on in the background.
          tries=0
          while :; do
            sign_in
            copied=$(az snapshot show \
              --ids "$copy" \
              --query 'copyCompletionError.errorMessage || completionPercent' \
              --output tsv)
            case "$copied" in
              100 | 100.0) break ;;
              *[!0-9.]*) echo "The copy of the snapshot failed: $copied" >&2; exit 1 ;;
            esac
            tries=$((tries + 1))
            if [ "$tries" -ge 480 ]; then
              echo "The snapshot was not copied in 240 minutes." >&2
              exit 1
            fi
            sleep 30
          done

          there=$(az disk create \
            --subscription "$SUBSCRIPTION" \
            --resource-group "$RESOURCE_GROUP" \
            --name "$TEMPORARY_NAME-there" \
            --location "$LOCATION" \
            --source "$copy" \
            --tags packer-temporary=web \
            --query id \
            --output tsv)
          make_image() {
            az image create \
              --subscription "$SUBSCRIPTION" \
              --resource-group "$RESOURCE_GROUP" \
              --name "$@" \
              --location "$LOCATION" \
              --source "$there" \
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
      output = "${path.root}/web.manifest.json"
      custom_data = {
        image = "/subscriptions/${var.subscription_id}/resourceGroups/${var.resource_group_name}/providers/Microsoft.Compute/images/${local.managed_image_name_of_target_2}"
      }
    }
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/web.manifest.json"
    custom_data = {
      (var.run) = local.gallery_version_id
      home      = "/subscriptions/${build.SubscriptionID}/resourceGroups/${var.resource_group_name}/providers/Microsoft.Compute/images/${var.managed_image_name}"
    }
  }
}
