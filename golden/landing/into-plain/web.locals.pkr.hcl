locals {
  # Image Builder runs Shell customizers as root.
  as_root = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"

  # Taken once: each call of timestamp() gives another time.
  now                      = timestamp()
  web_time_version         = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  web_image_version        = var.web_image_version != null ? var.web_image_version : local.web_time_version
  web_gallery_version_id   = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/web/versions/${local.web_image_version}"
  web_build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  web_temporary_group_name = "packer-temporary-web-${local.web_build_time}"
  web_trusted_launch       = var.web_definition_security_type == "TrustedLaunch"
  web_temporary_image_name = local.web_temporary_group_name
}
