# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build build.pkr.hcl
#
# Run it on Linux or macOS. The account needs Contributor on the subscription, which Image Builder's own service took care of,
# and what the identity b had: the managed image's resource group.
# Post-processors run the Azure CLI, which must be signed in there, with the right to write what they make.
# Not carried over: copy without data disks (AIB2P216).
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
  default     = "made"
}

variable "managed_image_name_of_target_1" {
  type        = string
  description = "Name of the managed image. An image that has it is replaced when the new one is there."
  default     = "made2"
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
  disk_additional_size         = [64]
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  managed_image_name                  = var.managed_image_name
  managed_image_resource_group_name   = "i"
  managed_image_os_disk_snapshot_name = local.snapshot_name
}

build {
  name    = "web"
  sources = ["source.azure-arm.web"]

  provisioner "shell" {
    execute_command = local.as_root
    inline          = ["hostname"]
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
      name = "m2"
      env = { for name, value in {
        SOURCE         = "/subscriptions/${build.SubscriptionID}/resourceGroups/i/providers/Microsoft.Compute/snapshots/${local.snapshot_name}"
        NAME           = var.managed_image_name_of_target_1
        TEMPORARY_NAME = "packer-temporary-1-web-${local.build_time}"
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
                --resource-group i \
                --name "$spare" ||
                echo "Left over, delete it: image $spare" >&2
            fi
            exit "$status"
          }
          trap clean_up EXIT
          trap 'exit 1' HUP INT TERM

          make_image() {
            az image create \
              --subscription 11111111-1111-1111-1111-111111111111 \
              --resource-group i \
              --name "$@" \
              --location westeurope \
              --source "$SOURCE" \
              --os-type Linux \
              --hyper-v-generation "$generation" \
              --output none
          }

          images=$(az image list \
            --subscription 11111111-1111-1111-1111-111111111111 \
            --resource-group i \
            --query '[].name' \
            --output tsv)
          if printf '%s\n' "$images" | grep -iqxFe "$image"; then
            # Image Builder replaced an image of that name. Here it goes when the new one is there by another name.
            spare="new-$TEMPORARY_NAME"
            make_image "$spare" --tags "packer-replaces=$image"
            only=$spare spare=""
            az image delete \
              --subscription 11111111-1111-1111-1111-111111111111 \
              --resource-group i \
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
        m2 = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/i/providers/Microsoft.Compute/images/${var.managed_image_name_of_target_1}"
      }
    }
  }

  # What no target asked for is deleted, also after a failure above.
  post-processor "shell-local" {
    name = "clean-up"
    env = {
      SNAPSHOT = "/subscriptions/${build.SubscriptionID}/resourceGroups/i/providers/Microsoft.Compute/snapshots/${local.snapshot_name}"
    }
    inline = [
      local.sign_in,
      <<-EOT
        az snapshot delete --ids "$SNAPSHOT"
      EOT
    ]
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/web.manifest.json"
    custom_data = {
      m = "/subscriptions/${build.SubscriptionID}/resourceGroups/i/providers/Microsoft.Compute/images/${var.managed_image_name}"
    }
  }
}
