# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build build.pkr.hcl
#
# Run it on Linux or macOS, where it can reach the network hub. The account needs Contributor on the subscription, which Image
# Builder's own service took care of, and may use the subnet and the managed image's resource group.
# Post-processors run the Azure CLI, which must be signed in there, with the right to write what they make.
# Differs from Image Builder: additional managed image (AIB2P303).

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

variable "managed_image_name" {
  type        = string
  description = "Name of the managed image. An image that has it is replaced when the new one is there."
  default     = "web"
}

locals {
  # Image Builder runs Shell customizers as root.
  as_root = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  snapshot_name        = "packer_temporary_web_${local.build_time}"
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
  temporary_group_name = "packer-temporary-web-${local.build_time}"
  temporary_image_name = local.temporary_group_name
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

  # Build VM. Packer reaches it by its private address: run Packer inside this network.
  location                            = "westeurope"
  temp_resource_group_name            = local.temporary_group_name
  vm_size                             = "Standard_D2ds_v4"
  virtual_network_resource_group_name = "network"
  virtual_network_name                = "hub"
  virtual_network_subnet_name         = "builds"

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  managed_image_name                  = local.temporary_image_name
  managed_image_resource_group_name   = "images"
  managed_image_os_disk_snapshot_name = local.snapshot_name
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

  # ManagedImage, by way of a snapshot of the OS disk. Packer takes `{{` in env for a template, and the Azure CLI takes what
  # follows `@` for a file: both are percent-encoded in values that are not known yet.
  post-processors {
    post-processor "shell-local" {
      name = "web"
      env = { for name, value in {
        SOURCE         = "/subscriptions/${build.SubscriptionID}/resourceGroups/images/providers/Microsoft.Compute/snapshots/${local.snapshot_name}"
        NAME           = var.managed_image_name
        TEMPORARY_NAME = "packer-temporary-0-web-${local.build_time}"
      } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
      inline = [
        local.sign_in,
        <<-EOT
          generation=$(az snapshot show --ids "$SOURCE" --query hyperVGeneration --output tsv)

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
              --name "$TEMPORARY_NAME-there" \
              --yes ||
              echo "Left over, delete it: disk $TEMPORARY_NAME-there" >&2
            az snapshot delete \
              --subscription 11111111-1111-1111-1111-111111111111 \
              --resource-group images \
              --name "$TEMPORARY_NAME-there" ||
              echo "Left over, delete it: snapshot $TEMPORARY_NAME-there" >&2
            az snapshot delete \
              --subscription 11111111-1111-1111-1111-111111111111 \
              --resource-group images \
              --name "$TEMPORARY_NAME" ||
              echo "Left over, delete it: snapshot $TEMPORARY_NAME" >&2
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
            --source "$SOURCE" \
            --tags packer-temporary=web \
            --query id \
            --output tsv)
          snapshot=$(az snapshot create \
            --subscription 11111111-1111-1111-1111-111111111111 \
            --resource-group images \
            --name "$TEMPORARY_NAME" \
            --location westeurope \
            --source "$disk" \
            --copy-start false \
            --incremental true \
            --tags packer-temporary=web \
            --query id \
            --output tsv)
          copy=$(az snapshot create \
            --subscription 11111111-1111-1111-1111-111111111111 \
            --resource-group images \
            --name "$TEMPORARY_NAME-there" \
            --location northeurope \
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
            --subscription 11111111-1111-1111-1111-111111111111 \
            --resource-group images \
            --name "$TEMPORARY_NAME-there" \
            --location northeurope \
            --source "$copy" \
            --tags packer-temporary=web \
            --query id \
            --output tsv)
          make_image() {
            az image create \
              --subscription 11111111-1111-1111-1111-111111111111 \
              --resource-group images \
              --name "$@" \
              --location northeurope \
              --source "$there" \
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
        web = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/images/providers/Microsoft.Compute/images/${var.managed_image_name}"
      }
    }
  }

  # What no target asked for is deleted, also after a failure above.
  post-processor "shell-local" {
    name = "clean-up"
    env = {
      SNAPSHOT = "/subscriptions/${build.SubscriptionID}/resourceGroups/images/providers/Microsoft.Compute/snapshots/${local.snapshot_name}"
      IMAGE    = "/subscriptions/${build.SubscriptionID}/resourceGroups/images/providers/Microsoft.Compute/images/${local.temporary_image_name}"
    }
    inline = [
      local.sign_in,
      <<-EOT
        az snapshot delete --ids "$SNAPSHOT" ||
          failed=yes
        az image delete --ids "$IMAGE"
        [ -z "$${failed:-}" ]
      EOT
    ]
  }
}
