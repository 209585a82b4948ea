# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   export ARM_SUBSCRIPTION_ID='...'
#   export PKR_VAR_registry_password='...'
#   timeout 240m packer build -var-file=values.pkrvars.hcl build.pkr.hcl
#
# values.pkrvars.hcl gives values to resource_group_name, environment, team, artifacts_location, identity.
#
# Run it on Linux. The account needs Contributor on the subscription, which Image Builder's own service took care of, and what
# the identity of the template had: the gallery, and Managed Identity Operator on the identities of the build VM.
# Image Builder counts on from the highest version in the gallery. To do so, set these in the shell, and add the option:
#
#   subscription_id=... resource_group_name=... image_name=...
#   -var image_version=$(aib2packer next-version "/subscriptions/$subscription_id/resourceGroups/$resource_group_name/providers/Microsoft.Compute/galleries/golden/images/$image_name")
#
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

variable "resource_group_name" {
  type        = string
  description = "Resource group that the template was deployed to. Whoever runs Packer gives it."
}

variable "environment" {
  type        = string
  description = "Value in the commands of the step install; part of the value of a tag, name of the run output and image definition; input for the value of a tag and size of the OS disk in GB. The parameter environment of the template has no default. Whoever runs Packer gives it."

  validation {
    condition     = contains(["dev", "prod"], var.environment)
    error_message = "The environment must be one of dev, prod."
  }
}

variable "team" {
  type        = string
  description = "Value in the commands of the step install; part of the value of a tag; input for the value of a tag, name of the run output and image definition. The parameter team of the template has no default. Whoever runs Packer gives it."
}

variable "registry_password" {
  type        = string
  description = "Value in the commands of the step login. The parameter registryPassword of the template has no default. Whoever runs Packer gives it."
  sensitive   = true
}

variable "artifacts_location" {
  type        = string
  description = "Input for the address of the script of the step script. The parameter artifactsLocation of the template has no default. Whoever runs Packer gives it."
}

variable "identity" {
  type        = string
  description = "Part of the identity of the build VM. The parameter identity of the template has no default. Whoever runs Packer gives it."
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

variable "size" {
  type        = string
  description = "Input for the size of the build VM."
  default     = "small"
}

variable "persona" {
  type        = string
  description = "Input for the value of a tag."
  default     = "web"
}

variable "tokens" {
  type        = map(string)
  description = "Input for the value of a tag."
  default = {
    dev  = "d"
    prod = "p"
  }
}

variable "definition_security_type" {
  type        = string
  description = "Security type of the image definition, as `az sig image-definition show` tells it. With TrustedLaunch the build VM has Trusted Launch; else it has not, and a version is made of a managed image, which is deleted again."
  default     = null

  validation {
    condition     = var.definition_security_type == null ? true : contains(["Standard", "TrustedLaunch", "TrustedLaunchSupported", "ConfidentialVMSupported", "TrustedLaunchAndConfidentialVmSupported"], var.definition_security_type == "" ? "Standard" : var.definition_security_type)
    error_message = "The definition_security_type must be one of Standard, TrustedLaunch, TrustedLaunchSupported, ConfidentialVMSupported, TrustedLaunchAndConfidentialVmSupported."
  }
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

locals {
  artifacts_location_folder = regex_replace(var.artifacts_location, "^([^/]+//[^/]+.*?)(/[^/]*)?$", "$1/")
  settings = {
    dev = {
      disk    = 64
      package = "nginx"
    }
    prod = {
      disk    = 128
      package = "nginx-plus"
    }
  }
  prefix     = "img-${var.environment}"
  once       = "${var.team}@contoso.com"
  image_name = "${local.prefix}-${lower(var.team)}"
  vm_sizes = {
    small = "Standard_D2s_v5"
    large = "Standard_D8s_v5"
  }
  identity_id = "/subscriptions/${var.subscription_id}/resourceGroups/${var.resource_group_name}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${var.identity}"
  long        = "${upper(var.team)} builds ${replace(var.persona, "_", " ")} for ${upper(var.environment)}"
  personas_list = {
    web = {
      zone = "front"
    }
    db = {
      zone = "back"
    }
  }
  template_as_root   = "${lower(var.team)}${lower(var.persona)}"
  template_as_root_2 = "${upper(var.team)}${upper(var.persona)}"

  # Image Builder runs Shell customizers as root.
  as_root   = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"
  downloads = "${path.root}/downloads/web"

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  time_version         = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version        = var.image_version != null ? var.image_version : local.time_version
  gallery_version_id   = "/subscriptions/${var.subscription_id}/resourceGroups/${var.resource_group_name}/providers/Microsoft.Compute/galleries/golden/images/${local.image_name}/versions/${local.image_version}"
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-web-${local.build_time}"
  trusted_launch       = var.definition_security_type == "TrustedLaunch"
  temporary_image_name = local.temporary_group_name
}

local "login" {
  sensitive  = true
  expression = base64encode("builder:${var.registry_password}")
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
  location                         = "westeurope"
  temp_resource_group_name         = local.temporary_group_name
  vm_size                          = local.vm_sizes[var.size]
  os_disk_size_gb                  = local.settings[var.environment].disk
  security_type                    = local.trusted_launch ? "TrustedLaunch" : null
  secure_boot_enabled              = local.trusted_launch
  vtpm_enabled                     = local.trusted_launch
  user_assigned_managed_identities = [local.identity_id]
  allowed_inbound_ip_addresses     = var.allowed_inbound_ip_addresses

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  # The gallery version is made of this image. It lies in the resource group of the build, and goes with it.
  managed_image_name                = local.trusted_launch ? null : local.temporary_image_name
  managed_image_resource_group_name = local.trusted_launch ? null : local.temporary_group_name

  shared_image_gallery_destination {
    subscription   = var.subscription_id
    resource_group = var.resource_group_name
    gallery_name   = "golden"
    image_name     = local.image_name
    image_version  = local.image_version

    target_region {
      name = "westeurope"
    }
  }
  shared_image_gallery_timeout = "240m"

  azure_tags = {
    image   = local.image_name
    owner   = local.once
    purpose = local.long
    zone    = local.personas_list[var.persona].zone
    token   = var.tokens[var.environment]
    a       = local.template_as_root
    b       = "${local.template_as_root}.${local.template_as_root_2}"
    c       = local.template_as_root_2
  }
}

build {
  name    = "web"
  sources = ["source.azure-arm.web"]

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
      URI    = "${local.artifacts_location_folder}scripts/install.sh"
    } : name => replace(value, "{{", "%7B%7B") }
    inline = [
      "mkdir -p -- \"$FOLDER\" && cd -- \"$FOLDER\"",
      "curl -fgsSL --retry 5 --proto =https,http -o 03-script -- \"$URI\"",
    ]
  }

  provisioner "shell" {
    name            = "install"
    execute_command = local.as_root
    inline = [
      "apt-get install -y ${local.settings[var.environment].package}",
      "hostnamectl set-hostname ${local.prefix}.${local.once}",
    ]
  }

  provisioner "shell" {
    name            = "login"
    execute_command = local.as_root
    inline = [
      "registry-login ${local.login}",
      "registry-check ${local.login}",
    ]
  }

  provisioner "file" {
    name        = "script-upload"
    source      = "${local.downloads}/03-script"
    destination = "/tmp/03-script"
    generated   = true
  }

  provisioner "shell" {
    name            = "script"
    execute_command = local.as_root
    inline = [
      "sed -i 's/\\r$//' /tmp/03-script",
      "chmod +x /tmp/03-script",
      "/tmp/03-script",
      "rm /tmp/03-script",
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

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/web.manifest.json"
    custom_data = {
      (local.image_name) = local.gallery_version_id
    }
  }
}
