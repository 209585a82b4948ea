# VM image, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build -var-file=values.pkrvars.hcl build.pkr.hcl
#
# values.pkrvars.hcl gives values to publisher, offer, sku, version, customizescriptpath, gallery_image_id,
# managed_image_res_group_id, managedimagename, sharedgalimagename, destinationregion.
#
# Run it on Linux. The account needs Contributor on the subscription, which Image Builder's own service took care of, and may
# use the gallery and the managed image's resource group.
# Post-processors run the Azure CLI, which must be signed in there, with the right to write what they make.
# Image Builder counts on from the highest version in the gallery. To do so, set these in the shell, and add the option:
#
#   gallery_image_id=... sharedgalimagename=...
#   -var image_version=$(aib2packer next-version "$gallery_image_id$sharedgalimagename")
#
# Not carried over: unknown setting (AIB2P201).
# Differs from Image Builder: additional managed image (AIB2P303), region of the build (AIB2P311), build VM open to the internet
# (AIB2P318).

packer {
  required_version = ">= 1.13.0"

  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
    }
  }
}

variable "publisher" {
  type        = string
  description = "Publisher of the source image. The parameter publisher of the template has no default. Whoever runs Packer gives it."
}

variable "offer" {
  type        = string
  description = "Offer of the source image. The parameter offer of the template has no default. Whoever runs Packer gives it."
}

variable "sku" {
  type        = string
  description = "SKU of the source image. The parameter sku of the template has no default. Whoever runs Packer gives it."
}

variable "version" {
  type        = string
  description = "Version of the source image. The parameter version of the template has no default. Whoever runs Packer gives it."
}

variable "customizescriptpath" {
  type        = string
  description = "Address of the script of a Shell step. The parameter customizescriptpath of the template has no default. Whoever runs Packer gives it."
}

variable "gallery_image_id" {
  type        = string
  description = "Part of the id of the image definition. The parameter galleryImageId of the template has no default. Whoever runs Packer gives it."

  validation {
    condition     = can(regex("(?i)^/subscriptions/", var.gallery_image_id))
    error_message = "The gallery_image_id must begin as a resource id does: /subscriptions/..."
  }
}

variable "managed_image_res_group_id" {
  type        = string
  description = "Part of the id of the managed image. The parameter managedImageResGroupId of the template has no default. Whoever runs Packer gives it."

  validation {
    condition     = can(regex("(?i)^/subscriptions/", var.managed_image_res_group_id))
    error_message = "The managed_image_res_group_id must begin as a resource id does: /subscriptions/..."
  }
}

variable "managedimagename" {
  type        = string
  description = "Name of the run output; part of the id of the managed image. The parameter managedimagename of the template has no default. Whoever runs Packer gives it."
}

variable "sharedgalimagename" {
  type        = string
  description = "Name of the run output; part of the id of the image definition. The parameter sharedgalimagename of the template has no default. Whoever runs Packer gives it."
}

variable "destinationregion" {
  type        = string
  description = "Region of the managed image. The parameter destinationregion of the template has no default. Whoever runs Packer gives it."
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

variable "managed_image_name" {
  type        = string
  description = "Name of the managed image. An image that has it is replaced when the new one is there. Null: as the template says."
  default     = null
}

locals {
  # A validation sees one variable only: where this is something else, file() fails with what is expected.
  gallery_image_parts = split("/", try(
    regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Compute/galleries/[^/]+/images/[^/]+(?:/versions/[^/]+)?$", "${var.gallery_image_id}${var.sharedgalimagename}"),
    file("gallery_image_id and sharedgalimagename together must be a resource id, with or without a version: /subscriptions/.../resourceGroups/.../providers/Microsoft.Compute/galleries/.../images/..."),
  ))

  # A validation sees one variable only: where this is something else, file() fails with what is expected.
  managed_image_parts = split("/", try(
    regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Compute/images/[^/]+$", "${var.managed_image_res_group_id}${var.managedimagename}"),
    file("managed_image_res_group_id and managedimagename together must be a resource id: /subscriptions/.../resourceGroups/.../providers/Microsoft.Compute/images/..."),
  ))

  # Image Builder runs Shell customizers as root.
  as_root            = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"
  downloads          = "${path.root}/downloads/image"
  managed_image_name = var.managed_image_name != null ? var.managed_image_name : local.managed_image_parts[8]

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  time_version         = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version        = try(local.gallery_image_parts[12], "latest") != "latest" ? local.gallery_image_parts[12] : var.image_version != null ? var.image_version : local.time_version
  gallery_version_id   = "/subscriptions/${local.gallery_image_parts[2]}/resourceGroups/${local.gallery_image_parts[4]}/providers/Microsoft.Compute/galleries/${local.gallery_image_parts[8]}/images/${local.gallery_image_parts[10]}/versions/${local.image_version}"
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
  temporary_group_name = "packer-temporary-image-${local.build_time}"
  temporary_image_name = local.temporary_group_name
}

source "azure-arm" "image" {
  # On a laptop with the account of the Azure CLI; in GitHub Actions as the client there, with identity tokens of the job.
  use_azure_cli_auth = var.use_azure_cli_auth && (var.client_id == "" || var.oidc_request_url == "")
  tenant_id          = var.oidc_request_url == "" ? null : var.tenant_id
  client_id          = var.client_id
  oidc_request_url   = var.oidc_request_url
  oidc_request_token = var.oidc_request_token
  subscription_id    = local.managed_image_parts[2]

  # Source image
  os_type         = "Linux"
  image_publisher = var.publisher
  image_offer     = var.offer
  image_sku       = var.sku
  image_version   = var.version

  # Build VM
  location                     = "westcentralus"
  temp_resource_group_name     = local.temporary_group_name
  vm_size                      = "Standard_D2ds_v4"
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  # The gallery version is made of this image. It lies in the resource group of the build, and goes with it.
  managed_image_name                = local.temporary_image_name
  managed_image_resource_group_name = local.temporary_group_name

  shared_image_gallery_destination {
    subscription   = local.gallery_image_parts[2]
    resource_group = local.gallery_image_parts[4]
    gallery_name   = local.gallery_image_parts[8]
    image_name     = local.gallery_image_parts[10]
    image_version  = local.image_version

    target_region {
      name = "westcentralus"
    }

    target_region {
      name = "centralus"
    }
  }
  shared_image_gallery_timeout = "240m"
}

build {
  name    = "image"
  sources = ["source.azure-arm.image"]

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

  # Image Builder fetched this when the template was submitted. Here Packer's machine does, at each build. Packer takes `{{` in
  # env for a template: it is percent-encoded in values that are not known yet.
  provisioner "shell-local" {
    name = "download"
    env = { for name, value in {
      FOLDER = local.downloads
      URI    = var.customizescriptpath
    } : name => replace(value, "{{", "%7B%7B") }
    inline = [
      "mkdir -p -- \"$FOLDER\" && cd -- \"$FOLDER\"",
      "curl -fgsSL --retry 5 --proto =https,http -o 01-Shell -- \"$URI\"",
    ]
  }

  provisioner "file" {
    name        = "Shell-upload"
    source      = "${local.downloads}/01-Shell"
    destination = "/tmp/01-Shell"
    generated   = true
  }

  provisioner "shell" {
    execute_command = local.as_root
    inline = [
      "sed -i 's/\\r$//' /tmp/01-Shell",
      "chmod +x /tmp/01-Shell",
      "/tmp/01-Shell",
      "rm /tmp/01-Shell",
    ]
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
      name = "distribute-1"
      env = { for name, value in {
        GALLERY_SUBSCRIPTION     = local.gallery_image_parts[2]
        GALLERY_RESOURCE_GROUP   = local.gallery_image_parts[4]
        GALLERY_NAME             = local.gallery_image_parts[8]
        GALLERY_IMAGE_DEFINITION = local.gallery_image_parts[10]
        NAME                     = local.managed_image_name
        SUBSCRIPTION             = local.managed_image_parts[2]
        RESOURCE_GROUP           = local.managed_image_parts[4]
        TEMPORARY_NAME           = "packer-temporary-1-image-${local.build_time}"
        SOURCE                   = local.gallery_version_id
        LOCATION                 = var.destinationregion
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
            --location westcentralus \
            --gallery-image-reference "$SOURCE" \
            --tags packer-temporary=image \
            --query id \
            --output tsv)
          snapshot=$(az snapshot create \
            --subscription "$SUBSCRIPTION" \
            --resource-group "$RESOURCE_GROUP" \
            --name "$TEMPORARY_NAME" \
            --location westcentralus \
            --source "$disk" \
            --copy-start false \
            --incremental true \
            --tags packer-temporary=image \
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
            --tags packer-temporary=image \
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
            --tags packer-temporary=image \
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
      output = "${path.root}/image.manifest.json"
      custom_data = {
        (var.managedimagename) = "/subscriptions/${local.managed_image_parts[2]}/resourceGroups/${local.managed_image_parts[4]}/providers/Microsoft.Compute/images/${local.managed_image_name}"
      }
    }
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/image.manifest.json"
    custom_data = {
      (var.sharedgalimagename) = local.gallery_version_id
    }
  }
}
