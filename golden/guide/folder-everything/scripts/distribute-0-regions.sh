#!/bin/sh
# azure-arm has one storage type for all regions: the others are added here, with theirs.
# Packer sets GALLERY_IMAGE_VERSION, SIGN_IN.
set -eu
# shellcheck source=/dev/null
. "$SIGN_IN"

az sig image-version update \
  --subscription 22222222-2222-2222-2222-222222222222 \
  --resource-group images \
  --gallery-name golden \
  --gallery-image-definition web \
  --gallery-image-version "$GALLERY_IMAGE_VERSION" \
  --target-regions westeurope=2=Standard_ZRS northeurope=1=Standard_LRS \
  --block-deletion-before-end-of-life false \
  --no-wait \
  --output none
tries=0
while :; do
  sign_in
  state=$(az sig image-version show \
    --subscription 22222222-2222-2222-2222-222222222222 \
    --resource-group images \
    --gallery-name golden \
    --gallery-image-definition web \
    --gallery-image-version "$GALLERY_IMAGE_VERSION" \
    --query provisioningState \
    --output tsv)
  case "$state" in
    Succeeded) break ;;
    Failed | Canceled) echo "Publishing the image version ended as: $state" >&2; exit 1 ;;
  esac
  tries=$((tries + 1))
  if [ "$tries" -ge 480 ]; then
    echo "The image version was not published in 240 minutes." >&2
    exit 1
  fi
  sleep 30
done
