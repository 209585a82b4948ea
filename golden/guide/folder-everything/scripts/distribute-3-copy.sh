#!/bin/sh
# ManagedImage, by way of a disk made of the gallery version.
# Packer sets NAME, SIGN_IN, SOURCE, TEMPORARY_NAME.
set -eu
# shellcheck source=/dev/null
. "$SIGN_IN"

generation=$(az sig image-definition show \
  --subscription 22222222-2222-2222-2222-222222222222 \
  --resource-group images \
  --gallery-name golden \
  --gallery-image-definition web \
  --query hyperVGeneration \
  --output tsv)

image="$NAME"
spare= # a new image by another name, to be deleted
only= # a new image by another name, to be kept: the old one may be gone
# What is made on the way is deleted at the end, each whatever becomes of the others.
clean_up() {
  status=$?
  trap - EXIT
  if [ -n "$only" ]; then
    echo "The new image is there as $only, and stays: the old image $image may be gone." >&2
  fi
  if [ -n "$spare" ]; then
    az image delete \
      --subscription 22222222-2222-2222-2222-222222222222 \
      --resource-group images \
      --name "$spare" ||
      echo "Left over, delete it: image $spare" >&2
  fi
  az disk delete \
    --subscription 22222222-2222-2222-2222-222222222222 \
    --resource-group images \
    --name "$TEMPORARY_NAME-there" \
    --yes ||
    echo "Left over, delete it: disk $TEMPORARY_NAME-there" >&2
  az snapshot delete \
    --subscription 22222222-2222-2222-2222-222222222222 \
    --resource-group images \
    --name "$TEMPORARY_NAME-there" ||
    echo "Left over, delete it: snapshot $TEMPORARY_NAME-there" >&2
  az snapshot delete \
    --subscription 22222222-2222-2222-2222-222222222222 \
    --resource-group images \
    --name "$TEMPORARY_NAME" ||
    echo "Left over, delete it: snapshot $TEMPORARY_NAME" >&2
  az disk delete \
    --subscription 22222222-2222-2222-2222-222222222222 \
    --resource-group images \
    --name "$TEMPORARY_NAME" \
    --yes ||
    echo "Left over, delete it: disk $TEMPORARY_NAME" >&2
  exit "$status"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

disk=$(az disk create \
  --subscription 22222222-2222-2222-2222-222222222222 \
  --resource-group images \
  --name "$TEMPORARY_NAME" \
  --location westeurope \
  --gallery-image-reference "$SOURCE" \
  --tags packer-temporary=web \
  --query id \
  --output tsv)
snapshot=$(az snapshot create \
  --subscription 22222222-2222-2222-2222-222222222222 \
  --resource-group images \
  --name "$TEMPORARY_NAME" \
  --location westeurope \
  --source "$disk" \
  --copy-start false \
  --incremental true \
  --tags packer-temporary=web \
  --query id \
  --output tsv)
copy=$(az snapshot create \
  --subscription 22222222-2222-2222-2222-222222222222 \
  --resource-group images \
  --name "$TEMPORARY_NAME-there" \
  --location eastus \
  --source "$snapshot" \
  --copy-start true \
  --incremental true \
  --tags packer-temporary=web \
  --query id \
  --output tsv)

# The copy goes on in the background.
tries=0
while :; do
  sign_in
  copied=$(az snapshot show \
    --ids "$copy" \
    --query 'copyCompletionError.errorMessage || completionPercent' \
    --output tsv)
  case "$copied" in
    100 | 100.0) break ;;
    *[!0-9.]*) echo "The copy of the snapshot failed: $copied" >&2; exit 1 ;;
  esac
  tries=$((tries + 1))
  if [ "$tries" -ge 480 ]; then
    echo "The snapshot was not copied in 240 minutes." >&2
    exit 1
  fi
  sleep 30
done

there=$(az disk create \
  --subscription 22222222-2222-2222-2222-222222222222 \
  --resource-group images \
  --name "$TEMPORARY_NAME-there" \
  --location eastus \
  --source "$copy" \
  --tags packer-temporary=web \
  --query id \
  --output tsv)
make_image() {
  az image create \
    --subscription 22222222-2222-2222-2222-222222222222 \
    --resource-group images \
    --name "$@" \
    --location eastus \
    --source "$there" \
    --os-type Linux \
    --hyper-v-generation "$generation" \
    --output none
}

images=$(az image list \
  --subscription 22222222-2222-2222-2222-222222222222 \
  --resource-group images \
  --query '[].name' \
  --output tsv)
if printf '%s\n' "$images" | grep -iqxFe "$image"; then
  # Image Builder replaced an image of that name. Here it goes when the new one is there by another name.
  spare="new-$TEMPORARY_NAME"
  make_image "$spare" --tags "packer-replaces=$image"
  only=$spare spare=""
  az image delete \
    --subscription 22222222-2222-2222-2222-222222222222 \
    --resource-group images \
    --name "$image"
fi
make_image "$image"
spare=$only only=""
