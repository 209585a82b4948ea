# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build -var-file=values.pkrvars.hcl build.pkr.hcl
#
# values.pkrvars.hcl gives values to vhd_uri, endpoint, go_on, vhd_resource_group_name.
#
# Run it on Linux or macOS. The account needs Contributor on the subscription, which Image Builder's own service took care of,
# and what the identity aib had: the storage account.
# Post-processors run the Azure CLI, which must be signed in there, with the right to write what they make.
# For VHDs that takes Storage Blob Data Contributor on the storage account.
# Differs from Image Builder: validated before the image is generalized (AIB2P316), build VM open to the internet (AIB2P318).

packer {
  required_version = ">= 1.16.0"

  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
    }
  }
}

variable "vhd_uri" {
  type        = string
  description = "Address of the VHD. The parameter vhdUri of the template has no default. Whoever runs Packer gives it."

  validation {
    condition     = can(regex("^https://[^./]+[.][^/]+/[^/]+/.+", var.vhd_uri))
    error_message = "The vhd_uri must say where the VHD goes, such as https://ACCOUNT.blob.core.windows.net/CONTAINER/NAME.vhd."
  }
}

variable "endpoint" {
  type        = string
  description = "Part of the address of the VHD. The parameter endpoint of the template has no default. Whoever runs Packer gives it."
}

variable "go_on" {
  type        = bool
  description = "The parameter goOn of the template has no default. Whoever runs Packer gives it."
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

locals {
  vhd_parts = split("/", var.vhd_uri)

  # Image Builder runs Shell customizers as root.
  as_root = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"
  sign_in = <<-EOT
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

  # A validation sees one variable only: where this is something else, file() fails with what is expected.
  vhd_parts_2 = split("/", try(
    regex("^https://[^./]+[.][^/]+/[^/]+/.+", "${var.endpoint}vhds/web.vhd"),
    file("What comes of endpoint must say where the VHD goes, such as https://ACCOUNT.blob.core.windows.net/CONTAINER/NAME.vhd"),
  ))

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
  image_publisher = "Contoso"
  image_offer     = "ubuntu-24_04-lts"
  image_sku       = "server"
  image_version   = "latest"

  # Build VM
  location                     = "westeurope"
  temp_resource_group_name     = local.temporary_group_name
  vm_size                      = "Standard_D2ds_v4"
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  storage_account        = split(".", local.vhd_parts[2])[0]
  resource_group_name    = var.vhd_resource_group_name
  capture_container_name = local.vhd_parts[3]
  capture_name_prefix    = "web"
}

build {
  name    = "web"
  sources = ["source.azure-arm.web"]

  provisioner "shell" {
    name            = "id"
    execute_command = local.as_root
    inline          = ["id"]
  }

  provisioner "shell" {
    continue_on_error = var.go_on
    execute_command   = local.as_root
    inline            = ["true"]
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

  # azure-arm names the VHD itself; here it gets the name that the template asks for. Packer takes `{{` in env for a template,
  # and the Azure CLI takes what follows `@` for a file: both are percent-encoded in values that are not known yet.
  post-processor "shell-local" {
    name = "web-name"
    env = { for name, value in {
      NAME                  = join("/", slice(local.vhd_parts, 4, length(local.vhd_parts)))
      ACCOUNT_NAME          = split(".", local.vhd_parts[2])[0]
      DESTINATION_CONTAINER = local.vhd_parts[3]
      SOURCE_BLOB           = "web${build.TempOSDiskName}.vhd"
    } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
    inline = [
      local.sign_in,
      <<-EOT
        name="$NAME"
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
        there=$(az storage blob exists \
          --auth-mode login \
          --account-name "$ACCOUNT_NAME" \
          --container-name "$DESTINATION_CONTAINER" \
          --name "$name" \
          --query exists \
          --output tsv)
        # A VHD of that name stays until the new one is there by another name.
        if [ "$there" = true ]; then new="$SOURCE_BLOB"; else partial=$name; fi
        copy_to "$name" "$ACCOUNT_NAME" "$DESTINATION_CONTAINER" "$SOURCE_BLOB"
        trap - EXIT HUP INT TERM
        az storage blob delete \
          --auth-mode login \
          --account-name "$ACCOUNT_NAME" \
          --container-name "$DESTINATION_CONTAINER" \
          --name "$SOURCE_BLOB"
      EOT
    ]
  }

  # VHD, copied from that of azure-arm.
  post-processors {
    post-processor "shell-local" {
      name = "copy"
      env = { for name, value in {
        SOURCE_BLOB           = "web${build.TempOSDiskName}.vhd"
        ACCOUNT_NAME          = split(".", local.vhd_parts[2])[0]
        CONTAINER_NAME        = local.vhd_parts[3]
        RENAMED_BLOB          = join("/", slice(local.vhd_parts, 4, length(local.vhd_parts)))
        NAME                  = join("/", slice(local.vhd_parts_2, 4, length(local.vhd_parts_2)))
        ACCOUNT_NAME_2        = split(".", local.vhd_parts_2[2])[0]
        DESTINATION_CONTAINER = local.vhd_parts_2[3]
        TEMPORARY_NAME        = "packer-temporary-1-web-${local.build_time}.vhd"
      } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
      inline = [
        local.sign_in,
        <<-EOT
          # Where azure-arm's VHD still has its first name, that with the name it was to get is of an earlier build.
          source="$SOURCE_BLOB"
          unnamed=$(az storage blob exists \
            --auth-mode login \
            --account-name "$ACCOUNT_NAME" \
            --container-name "$CONTAINER_NAME" \
            --name "$source" \
            --query exists \
            --output tsv)
          if [ "$unnamed" != true ]; then source="$RENAMED_BLOB"; fi
          # Between two accounts this takes az 2.70, and a role for the blobs of both.
          name="$NAME"
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
                --account-name "$ACCOUNT_NAME_2" \
                --destination-container "$DESTINATION_CONTAINER" \
                --destination-blob "$partial" \
                --copy-id "$${copy:-}" ||
                :
              az storage blob delete \
                --auth-mode login \
                --account-name "$ACCOUNT_NAME_2" \
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
              --account-name "$ACCOUNT_NAME_2" \
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
                --account-name "$ACCOUNT_NAME_2" \
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
          there=$(az storage blob exists \
            --auth-mode login \
            --account-name "$ACCOUNT_NAME_2" \
            --container-name "$DESTINATION_CONTAINER" \
            --name "$name" \
            --query exists \
            --output tsv)
          # A VHD of that name stays until the new one is there by another name.
          if [ "$there" = true ]; then
            partial="$TEMPORARY_NAME"
            copy_to "$partial" "$ACCOUNT_NAME" "$CONTAINER_NAME" "$source"
            new=$partial partial=""
            copy_to "$name" "$ACCOUNT_NAME_2" "$DESTINATION_CONTAINER" "$new"
            spare=$new new=""
            az storage blob delete \
              --auth-mode login \
              --account-name "$ACCOUNT_NAME_2" \
              --container-name "$DESTINATION_CONTAINER" \
              --name "$spare" ||
              echo "Left over, delete it: $spare" >&2
          else
            # there is none
            partial=$name
            copy_to "$name" "$ACCOUNT_NAME" "$CONTAINER_NAME" "$source"
          fi
          trap - EXIT HUP INT TERM
        EOT
      ]
    }

    post-processor "manifest" {
      output = "${path.root}/web.manifest.json"
      custom_data = {
        copy = "${var.endpoint}vhds/web.vhd"
      }
    }
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/web.manifest.json"
    custom_data = {
      web = var.vhd_uri
    }
  }
}
