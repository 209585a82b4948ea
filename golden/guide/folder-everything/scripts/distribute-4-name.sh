#!/bin/sh
# azure-arm names the VHD itself; here it gets the name that the template asks for.
# Packer sets SIGN_IN, SOURCE_BLOB.
set -eu
# shellcheck source=/dev/null
. "$SIGN_IN"

name=web.vhd
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
      --account-name contoso \
      --destination-container vhds \
      --destination-blob "$partial" \
      --copy-id "${copy:-}" ||
      :
    az storage blob delete \
      --auth-mode login \
      --account-name contoso \
      --container-name vhds \
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
    --account-name contoso \
    --destination-container vhds \
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
      --account-name contoso \
      --container-name vhds \
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
  --account-name contoso \
  --container-name vhds \
  --name "$name" \
  --query exists \
  --output tsv)
# A VHD of that name stays until the new one is there by another name.
if [ "$there" = true ]; then new="$SOURCE_BLOB"; else partial=$name; fi
copy_to "$name" contoso vhds "$SOURCE_BLOB"
trap - EXIT HUP INT TERM
az storage blob delete \
  --auth-mode login \
  --account-name contoso \
  --container-name vhds \
  --name "$SOURCE_BLOB"
