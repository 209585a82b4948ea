#!/bin/sh
# SharedImage, copied from the gallery version of azure-arm.
# Packer sets EXCLUDE_FROM_LATEST, GALLERY_IMAGE_VERSION, IMAGE_VERSION, SIGN_IN.
set -eu
# shellcheck source=/dev/null
. "$SIGN_IN"

version="$GALLERY_IMAGE_VERSION"
versions=$(az sig image-version list \
  --subscription 33333333-2222-2222-2222-222222222222 \
  --resource-group images \
  --gallery-name second \
  --gallery-image-definition web \
  --query '[].name' \
  --output tsv)
if printf '%s\n' "$versions" | grep -qxFe "$version"; then
  echo "There is a version $version: delete it, or choose another one." >&2
  exit 1
fi
az sig image-version create \
  --subscription 33333333-2222-2222-2222-222222222222 \
  --resource-group images \
  --gallery-name second \
  --gallery-image-definition web \
  --gallery-image-version "$GALLERY_IMAGE_VERSION" \
  --location westeurope \
  --image-version "$IMAGE_VERSION" \
  --target-regions westeurope=1 eastus=1 \
  --exclude-from-latest "$EXCLUDE_FROM_LATEST" \
  --block-deletion-before-end-of-life false \
  --tags b=2 \
  --no-wait \
  --output none
tries=0
while :; do
  sign_in
  state=$(az sig image-version show \
    --subscription 33333333-2222-2222-2222-222222222222 \
    --resource-group images \
    --gallery-name second \
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
