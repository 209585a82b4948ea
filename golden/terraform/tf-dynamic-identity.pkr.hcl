# VM image it-agent, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   export PKR_VAR_registration_key='...'
#   timeout 240m packer build -var-file=values.pkrvars.hcl build.pkr.hcl
#
# values.pkrvars.hcl gives values to size, resource_group_this_location, vhd_storage_account, vhd_resource_group_name.
#
# Run it where it can reach the subnet of the build VM, if it has one. The account needs Contributor on the subscription, which
# Image Builder's own service took care of, and what the identity builder had: the subnet and the storage account.
# Differs from Image Builder: expression with a fixed value (AIB2P308), build VM open to the internet (AIB2P318).

packer {
  required_version = ">= 1.16.0"

  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
    }
  }
}

variable "registration_key" {
  type        = string
  description = "Value in the commands of the step register. The variable registration_key of the configuration has no default. Whoever runs Packer gives it."
  sensitive   = true
}

variable "size" {
  type        = object({ large = optional(string) })
  description = "Input for the size of the build VM. The variable size of the configuration has no default. Whoever runs Packer gives it."
}

variable "resource_group_this_location" {
  type        = string
  description = "What data.azurerm_resource_group.this.location is. Whoever runs Packer gives it."
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

variable "subnet_id" {
  type        = string
  description = "Id of the subnet of the build VM."
  default     = null

  validation {
    condition     = var.subnet_id == null || can(regex("(?i)^(?:/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Network/virtualNetworks/[^/]+/subnets/[^/]+)?$", var.subnet_id))
    error_message = "The subnet_id must be a resource id: /subscriptions/.../resourceGroups/.../providers/Microsoft.Network/virtualNetworks/.../subnets/..."
  }
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
  has_subnet      = var.subnet_id != null && (var.subnet_id != null && var.subnet_id != "")
  subnet_id_parts = var.subnet_id != null ? split("/", var.subnet_id) : []

  # Image Builder runs Shell customizers as root.
  as_root = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-it-agent-${local.build_time}"
}

source "azure-arm" "it_agent" {
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
  image_offer     = "ubuntu-24_04-lts"
  image_sku       = "server"
  image_version   = "latest"

  # Build VM. In a subnet Packer reaches it by its private address: run Packer inside that network.
  location                            = var.resource_group_this_location
  temp_resource_group_name            = local.temporary_group_name
  vm_size                             = coalesce(try(var.size.large, "Standard_D8s_v5"), "Standard_D2ds_v4")
  virtual_network_resource_group_name = local.has_subnet ? local.subnet_id_parts[4] : null
  virtual_network_name                = local.has_subnet ? local.subnet_id_parts[8] : null
  virtual_network_subnet_name         = local.has_subnet ? local.subnet_id_parts[10] : null
  allowed_inbound_ip_addresses        = local.has_subnet ? null : var.allowed_inbound_ip_addresses

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  storage_account        = var.vhd_storage_account
  resource_group_name    = var.vhd_resource_group_name
  capture_container_name = var.vhd_container
  capture_name_prefix    = "agent"
}

build {
  name    = "it-agent"
  sources = ["source.azure-arm.it_agent"]

  provisioner "shell" {
    name            = "register"
    execute_command = local.as_root
    inline          = ["register --proxy false --key '${var.registration_key}' --count 2"]
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

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/it-agent.manifest.json"
    custom_data = {
      agent = "https://${var.vhd_storage_account}.blob.core.windows.net/${var.vhd_container}/agent${build.TempOSDiskName}.vhd"
    }
  }
}
