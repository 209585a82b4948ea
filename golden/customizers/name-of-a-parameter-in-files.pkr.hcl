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
# Image Builder counts on from the highest version in the gallery. To do so, set these in the shell, and add the option:
#
#   gallery_image_id=... sharedgalimagename=...
#   -var image_version=$(aib2packer next-version "${gallery_image_id}${sharedgalimagename}")
#
# Not carried over: unknown setting (AIB2P201).
# Otherwise than in Image Builder: an existing managed image is not overwritten (AIB2P304), region of the build (AIB2P311).

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

variable "publisher" {
  type = string
}

variable "offer" {
  type = string
}

variable "sku" {
  type = string
}

variable "version" {
  type = string
}

variable "customizescriptpath" {
  type = string
}

variable "gallery_image_id" {
  type = string
}

variable "managed_image_res_group_id" {
  type = string
}

variable "managedimagename" {
  type = string
}

variable "sharedgalimagename" {
  type = string
}

variable "destinationregion" {
  type = string
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
  id_parts   = split("/", "${var.gallery_image_id}${var.sharedgalimagename}")
  id_parts_2 = split("/", "${var.managed_image_res_group_id}${var.managedimagename}")

  # Image Builder runs Shell customizers as root.
  as_root   = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"
  downloads = "${path.root}/downloads/image"

  # Taken once: each call of timestamp() gives another time.
  now                = timestamp()
  time_version       = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version      = var.image_version != null ? var.image_version : local.time_version
  gallery_version_id = "/subscriptions/${local.id_parts[2]}/resourceGroups/${local.id_parts[4]}/providers/Microsoft.Compute/galleries/${local.id_parts[8]}/images/${local.id_parts[10]}/versions/${length(local.id_parts) > 12 && local.id_parts[12] != "latest" ? local.id_parts[12] : local.image_version}"
}

source "azure-arm" "image" {
  # On a laptop with the account of the Azure CLI; in GitHub Actions as the client there, with identity tokens of the job.
  use_azure_cli_auth = var.use_azure_cli_auth && (var.client_id == "" || var.oidc_request_url == "")
  tenant_id          = var.oidc_request_url == "" ? null : var.tenant_id
  client_id          = var.client_id
  oidc_request_url   = var.oidc_request_url
  oidc_request_token = var.oidc_request_token
  subscription_id    = local.id_parts_2[2]

  # Source image
  os_type         = "Linux"
  image_publisher = var.publisher
  image_offer     = var.offer
  image_sku       = var.sku
  image_version   = var.version

  # Build VM
  location                     = var.destinationregion
  vm_size                      = "Standard_D2ds_v4"
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  managed_image_name                = local.id_parts_2[8]
  managed_image_resource_group_name = local.id_parts_2[4]

  shared_image_gallery_destination {
    subscription   = local.id_parts[2]
    resource_group = local.id_parts[4]
    gallery_name   = local.id_parts[8]
    image_name     = local.id_parts[10]
    image_version  = length(local.id_parts) > 12 && local.id_parts[12] != "latest" ? local.id_parts[12] : local.image_version

    dynamic "target_region" {
      for_each = distinct([for region in [var.destinationregion, "westcentralus", "centralus"] : lower(replace(region, " ", ""))])
      content {
        name = target_region.value
      }
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

  # Image Builder fetched this when the template was submitted. Here Packer's machine does, at each build.
  provisioner "shell-local" {
    name = "download"
    env = { for name, value in {
      FOLDER = local.downloads
      URI    = var.customizescriptpath
    } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
    inline = [
      "mkdir -p -- \"$FOLDER\" && cd -- \"$FOLDER\"",
      "curl -fgsSL --retry 5 --proto =https,http -o 01-Shell -- \"$URI\"",
    ]
  }

  # customize[0]: Shell
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

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/image.manifest.json"
    custom_data = {
      (var.sharedgalimagename) = local.gallery_version_id
      (var.managedimagename)   = "/subscriptions/${build.SubscriptionID}/resourceGroups/${local.id_parts_2[4]}/providers/Microsoft.Compute/images/${local.id_parts_2[8]}"
    }
  }
}
