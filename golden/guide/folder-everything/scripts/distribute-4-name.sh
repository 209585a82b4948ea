#!/bin/sh
# distribute[4]: azure-arm names the VHD itself; here it gets the name that the template asks for.
# Packer sets SOURCE_BLOB.
set -eu
# shellcheck source=/dev/null
. "$(dirname "$0")/sign-in.sh"

copy=$(az storage blob copy start \
  --auth-mode login \
  --account-name contoso \
  --destination-container vhds \
  --destination-blob web.vhd \
  --source-account-name contoso \
  --source-container vhds \
  --source-blob "$SOURCE_BLOB" \
  --query id \
  --output tsv)
# A part of a VHD is none: it does not stay.
clean_up() {
  status=$?
  trap - EXIT
  az storage blob copy abort \
    --auth-mode login \
    --account-name contoso \
    --destination-container vhds \
    --destination-blob web.vhd \
    --copy-id "$copy" ||
    :
  az storage blob delete --auth-mode login --account-name contoso --container-name vhds --name web.vhd ||
    echo "The VHD is incomplete: delete it." >&2
  exit "$status"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
tries=0
while :; do
  sign_in
  status=$(az storage blob show \
    --auth-mode login \
    --account-name contoso \
    --container-name vhds \
    --name web.vhd \
    --query properties.copy.status \
    --output tsv)
  case "$status" in
    success) break ;;
    failed | aborted) echo "The copy of the VHD ended as: $status" >&2; exit 1 ;;
  esac
  tries=$((tries + 1))
  if [ "$tries" -ge 960 ]; then
    echo "The VHD was not copied in 240 minutes." >&2
    exit 1
  fi
  sleep 15
done
trap - EXIT HUP INT TERM
az storage blob delete \
  --auth-mode login \
  --account-name contoso \
  --container-name vhds \
  --name "$SOURCE_BLOB"
