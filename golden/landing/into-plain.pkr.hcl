# VM image web, converted from an Azure Image Builder template.
#
#   packer init .
#   cp web.example.pkrvars.hcl web.values.auto.pkrvars.hcl  # and fill it in
#   timeout 240m packer build -only='web.*' .
#
# It runs wherever Packer does; only timeout is a Linux program. The account needs Contributor on the subscription, which Image
# Builder's own service took care of, and what the identity images had: the gallery.
# Image Builder counts on from the highest version in the gallery. To do so, add:
#
#   -var web_image_version=$(aib2packer next-version /subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/web)
#
# Differs from Image Builder: region of the build (AIB2P311), build VM open to the internet (AIB2P318).

build {
  name    = "web"
  sources = ["source.azure-arm.web"]

  # In a file, for inline Packer would change its text.
  provisioner "shell" {
    name            = "names"
    execute_command = local.as_root
    script          = "${path.root}/scripts/web/01-names.sh"
  }

  # It removes itself (rm "$0"), because Packer cannot clean up after the user is gone.
  provisioner "shell" {
    name            = "generalize"
    execute_command = local.as_root
    skip_clean      = true
    script          = "${path.root}/scripts/generalize.sh"
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/web.manifest.json"
    custom_data = {
      web = local.web_gallery_version_id
    }
  }
}
