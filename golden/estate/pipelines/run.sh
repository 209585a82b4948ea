#!/usr/bin/env bash
# Runs one build of builds.json: run.sh NAME. Its secrets stand in the environment under names that are its own.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(jq --arg name "${1:-}" '.[] | select(.name == $name)' "$here/builds.json")
if [ -z "$build" ]; then
  echo "No build is called ${1:-\"\"}. There are: $(jq -r 'map(.name) | join(", ")' "$here/builds.json")" >&2
  exit 1
fi
cd "$here/../$(jq -r .path <<< "$build")"
while IFS=$'\t' read -r variable secret; do
  [ -n "${!secret:-}" ] || { echo "$1: the secret $secret is not set" >&2; exit 1; }
  export "$variable=${!secret}"
done < <(jq -r '.secrets | to_entries[] | [.key, .value] | @tsv' <<< "$build")
while read -r command; do
  # A build has no file of its own where the values for all builds are enough.
  [ -f values.pkrvars.hcl ] || command=${command/ -var-file=values.pkrvars.hcl/}
  echo "+ $command"
  bash -euo pipefail -c "$command" < /dev/null
done < <(jq -r '.commands[]' <<< "$build")
