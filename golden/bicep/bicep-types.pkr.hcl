# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build -var size=... -var 'commands=["..."]' build.pkr.hcl
#
# Run it where it can reach the network n. The account needs Contributor on the subscription, which Image Builder's own service
# took care of, and what the identity aib had: the subnet and the gallery.
# Image Builder counts on from the highest version in the gallery. To do so, set these in the shell, and add the option:
#
#   gallery_image=...
#   -var image_version=$(aib2packer next-version "${gallery_image%/versions/*}")

packer {
  required_version = ">= 1.13.0"

  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
    }
  }
}

variable "size" {
  type        = string
  description = "Sizes of build VMs. Whoever runs Packer gives it."

  validation {
    condition     = contains(["Standard_D2ds_v5", "Standard_D4ds_v5"], var.size)
    error_message = "The size must be one of Standard_D2ds_v5, Standard_D4ds_v5."
  }
}

variable "commands" {
  type        = list(string)
  description = "What to run. Whoever runs Packer gives it."

  validation {
    condition     = length(var.commands) >= 1
    error_message = "The length of commands must be 1 or more."
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
  default     = "00000000-0000-0000-0000-000000000001"
}

variable "vm" {
  type        = map(string)
  description = "Input for the size of the OS disk in GB."
  default = {
    size = "Standard_D2ds_v5"
  }
}

variable "regions" {
  type        = list(map(string))
  description = "Input for the regions that get the image."
  default = [
    {
      name = "westeurope"
    },
    {
      name     = "northeurope"
      replicas = 3
    },
  ]

  validation {
    condition     = length(var.regions) >= 1
    error_message = "The length of regions must be 1 or more."
  }
}

variable "target" {
  type        = map(string)
  description = "Input for the id of the image definition."
  default = {
    kind  = "gallery"
    image = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/r/providers/Microsoft.Compute/galleries/g/images/web"
  }
}

variable "team" {
  type        = string
  description = "Who owns the image."
  default     = null

  validation {
    condition     = var.team == null ? true : length(var.team) >= 3 && length(var.team) <= 10
    error_message = "The length of team must be from 3 to 10."
  }
}

variable "place" {
  type        = list(string)
  description = "Input for the region of the build."
  default     = ["West Europe", 2]
}

variable "overrides" {
  type        = map(string)
  description = "Input for the SKU of the source image."
  default     = null
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

variable "image_version" {
  type        = string
  description = "Gallery version of the image, such as 1.4.2. Null: 1.<date>.<time>, which grows with each build and stays below 2.0.0."
  default     = null
}

locals {
  # A validation sees one variable only: where this is something else, file() fails with what is expected.
  gallery_image_parts = split("/", try(
    regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Compute/galleries/[^/]+/images/[^/]+(?:/versions/[^/]+)?$", var.target.kind == "gallery" ? var.target.image : ""),
    file("What comes of target must be a resource id, with or without a version: /subscriptions/.../resourceGroups/.../providers/Microsoft.Compute/galleries/.../images/..."),
  ))
  computed = [for region in var.regions : {
    name         = region.name
    replicaCount = try(region.replicas, null) != null ? try(region.replicas, null) : 1
  }]

  # Image Builder runs Shell customizers as root.
  as_root = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  time_version         = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version        = try(local.gallery_image_parts[12], "latest") != "latest" ? local.gallery_image_parts[12] : var.image_version != null ? var.image_version : local.time_version
  gallery_version_id   = "/subscriptions/${local.gallery_image_parts[2]}/resourceGroups/${local.gallery_image_parts[4]}/providers/Microsoft.Compute/galleries/${local.gallery_image_parts[8]}/images/${local.gallery_image_parts[10]}/versions/${local.image_version}"
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-web-${local.build_time}"
  trusted_launch       = var.definition_security_type == "TrustedLaunch"
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
  image_offer     = "ubuntu-24_04-lts"
  image_sku       = try(var.overrides.sku, null) != null ? try(var.overrides.sku, null) : "server"
  image_version   = "latest"

  # Build VM. Packer reaches it by its private address: run Packer inside this network.
  location                            = var.place[0]
  temp_resource_group_name            = local.temporary_group_name
  vm_size                             = var.size
  os_disk_size_gb                     = try(var.vm.disk, null) != null ? try(var.vm.disk, null) : 64
  security_type                       = local.trusted_launch ? "TrustedLaunch" : null
  secure_boot_enabled                 = local.trusted_launch
  vtpm_enabled                        = local.trusted_launch
  virtual_network_resource_group_name = "r"
  virtual_network_name                = "n"
  virtual_network_subnet_name         = "s"

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  # The gallery version is made of this image. It lies in the resource group of the build, and goes with it.
  managed_image_name                = local.trusted_launch ? null : local.temporary_image_name
  managed_image_resource_group_name = local.trusted_launch ? null : local.temporary_group_name

  shared_image_gallery_destination {
    subscription   = local.gallery_image_parts[2]
    resource_group = local.gallery_image_parts[4]
    gallery_name   = local.gallery_image_parts[8]
    image_name     = local.gallery_image_parts[10]
    image_version  = local.image_version

    dynamic "target_region" {
      for_each = merge({ (lower(replace(var.place[0], " ", ""))) = 1 }, { for region in local.computed : lower(replace(region.name, " ", "")) => try(coalesce(region.replicaCount, 1), 1) })
      content {
        name     = target_region.key
        replicas = target_region.value
      }
    }
  }
  shared_image_gallery_timeout = "240m"

  azure_tags = {
    team = var.team != null ? var.team : "none"
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

  provisioner "shell" {
    name            = "id"
    execute_command = local.as_root
    inline_shebang  = "/bin/sh -e"
    inline          = var.commands
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
      web = local.gallery_version_id
    }
  }
}
