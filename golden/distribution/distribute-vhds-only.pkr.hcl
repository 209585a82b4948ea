# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build -var vhd_storage_account=... -var vhd_resource_group_name=... build.pkr.hcl
#
# Run it on Linux or macOS. The account needs Contributor on the subscription, which Image Builder's own service took care of,
# and may use the storage account.
# Post-processors run the Azure CLI, which must be signed in there, with the right to write what they make.
# For VHDs that takes Storage Blob Data Contributor on the storage account.
# Differs from Image Builder: build VM open to the internet (AIB2P318).

packer {
  required_version = ">= 1.13.0"

  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
    }
  }
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

variable "allowed_inbound_ip_addresses" {
  type        = list(string)
  description = "Who may reach the build VM, which has a public address. Empty: anybody."
  default     = []
}

variable "vhd_container" {
  type        = string
  description = "Container that receives the VHD; it must exist."
  default     = "vhds"
}

locals {
  # Image Builder runs Shell customizers as root.
  as_root = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"

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
  storage_account        = var.vhd_storage_account
  resource_group_name    = var.vhd_resource_group_name
  capture_container_name = var.vhd_container
  capture_name_prefix    = "first"
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

  # VHD, copied from that of azure-arm. Packer takes `{{` in env for a template, and the Azure CLI takes what follows `@` for a
  # file: both are percent-encoded in values that are not known yet.
  post-processors {
    post-processor "shell-local" {
      name = "second"
      env = { for name, value in {
        NAME                  = "second_${local.build_time}.vhd"
        ACCOUNT_NAME          = var.vhd_storage_account
        DESTINATION_CONTAINER = var.vhd_container
        SOURCE_BLOB           = "first${build.TempOSDiskName}.vhd"
      } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
      inline = [
        local.sign_in,
        <<-EOT
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
          copy_to "$name" "$ACCOUNT_NAME" "$DESTINATION_CONTAINER" "$SOURCE_BLOB"
          trap - EXIT HUP INT TERM
        EOT
      ]
    }

    post-processor "manifest" {
      output = "${path.root}/web.manifest.json"
      custom_data = {
        second = "https://${var.vhd_storage_account}.blob.core.windows.net/${var.vhd_container}/second_${local.build_time}.vhd"
      }
    }
  }

  # VHD, copied from that of azure-arm.
  post-processors {
    post-processor "shell-local" {
      name = "third"
      env = { for name, value in {
        NAME                = "third_${local.build_time}.vhd"
        SOURCE_ACCOUNT_NAME = var.vhd_storage_account
        SOURCE_CONTAINER    = var.vhd_container
        SOURCE_BLOB         = "first${build.TempOSDiskName}.vhd"
      } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
      inline = [
        local.sign_in,
        <<-EOT
          # Between two accounts this takes az 2.70, and a role for the blobs of both.
          name="$NAME"
          partial= # a VHD that is being written where there was none: a part of a VHD is none, and goes
          clean_up() {
            status=$?
            trap - EXIT
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
          partial=$name
          copy_to "$name" "$SOURCE_ACCOUNT_NAME" "$SOURCE_CONTAINER" "$SOURCE_BLOB"
          trap - EXIT HUP INT TERM
        EOT
      ]
    }

    post-processor "manifest" {
      output = "${path.root}/web.manifest.json"
      custom_data = {
        third = "https://contosovhds.blob.core.windows.net/golden/third_${local.build_time}.vhd"
      }
    }
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/web.manifest.json"
    custom_data = {
      first = "https://${var.vhd_storage_account}.blob.core.windows.net/${var.vhd_container}/first${build.TempOSDiskName}.vhd"
    }
  }
}
