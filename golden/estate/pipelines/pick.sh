#!/usr/bin/env bash
# Says which builds of builds.json are to run, to GitHub Actions or to Azure Pipelines:
#   by hand     the one that BUILD names, or all
#   push        of those that are built then, the ones whose folder has changed since BEFORE
#   schedule    of those on SCHEDULE, the ones whose source image has a version that nothing was built from yet
# ONLY is the name of the one build that a pipeline is for, whose own schedule counts; without it a pipeline is for all.
# Which versions were built from, GitHub has as names of artifacts, and Azure DevOps as tags of runs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

field() { # NAME EXPRESSION: what builds.json says of a build
  jq -r --arg name "$1" ".[] | select(.name == \$name) | $2" "$here/builds.json"
}

azure() { # PATH: asks Azure DevOps
  curl -fsS -H "Authorization: Bearer $SYSTEM_ACCESSTOKEN" \
    "$SYSTEM_COLLECTIONURI$SYSTEM_TEAMPROJECTID/_apis/build/builds?definitions=$SYSTEM_DEFINITIONID&\$top=1&api-version=7.1&$1"
}

built() { # NAME VERSION: whether something was built from it
  local mark="source-$1-$2"
  if [ -n "${GITHUB_OUTPUT:-}" ]; then
    [ "$(gh api "repos/$GITHUB_REPOSITORY/actions/artifacts?name=$mark" --jq '[.artifacts[] | select(.expired | not)] | length')" -gt 0 ]
  else
    [ "$(azure "tagFilters=$mark" | jq .count)" -gt 0 ]
  fi
}

changed() { # NAME: whether its folder, or the values for all, are other than in the commit BEFORE; also if that is not known
  git -C "$here" cat-file -e "$before^{commit}" 2> /dev/null || return 0
  ! git --literal-pathspecs -C "$here/.." diff --quiet "$before" HEAD -- "$(field "$1" .path)" estate.pkrvars.hcl
}

case ${EVENT:-} in
  push | IndividualCI | BatchedCI) event=push ;;
  schedule | Schedule) event=schedule ;;
  *) event=hand ;;
esac
before=${BEFORE:-}
if [ "$event" = push ] && [ -z "${GITHUB_OUTPUT:-}" ]; then
  before=$(azure "resultFilter=succeeded&branchName=$BUILD_SOURCEBRANCH" | jq -r '.value[0].sourceVersion // ""')
fi

unknown() { # NAME: fails, as no build is called that
  echo "No build is called $1. There are: $(jq -r 'map(.name) | join(", ")' "$here/builds.json")" >&2
  exit 1
}
[ -z "${ONLY:-}" ] || [ -n "$(field "$ONLY" .name)" ] || unknown "$ONLY"
if [ "$event" = schedule ] && [ -z "${ONLY:-}" ]; then
  schedules=$(jq -r 'map(.schedule | select(. != "")) | unique[]' "$here/builds.json")
  if ! grep -qxF -- "${SCHEDULE:-none}" <<< "$schedules"; then
    echo "No build of builds.json is on the schedule ${SCHEDULE:-that has no name}. There are: ${schedules//$'\n'/, }" >&2
    exit 1
  fi
fi

names=() count=0 versions='{}'
while read -r name; do
  [ "${ONLY:-$name}" = "$name" ] || continue
  case $event in
    hand) case ${BUILD:-all} in all | "$name") ;; *) continue ;; esac ;;
    push) if [ "$(field "$name" .push)" != true ] || ! changed "$name"; then continue; fi ;;
    schedule) [ -n "${ONLY:-}" ] || [ "$(field "$name" .schedule)" = "${SCHEDULE:-}" ] || continue ;;
  esac
  newest=$(field "$name" .newest)
  if [ -n "$newest" ]; then
    version=$(bash -euo pipefail -c "$newest") || version=
    if [ "$event" = schedule ]; then
      [ -n "$version" ] || { echo "$name: its source image has no version" >&2; exit 1; }
      ! built "$name" "$version" || continue
    fi
    [ -z "$version" ] || versions=$(jq -c --arg name "$name" --arg version "$version" '.[$name] = $version' <<< "$versions")
  fi
  names+=("$name") count=$((count + 1))
done < <(jq -r '.[].name' "$here/builds.json")

[ "$event" != hand ] || [ $count != 0 ] || unknown "${BUILD:-all}"
if [ -n "${GITHUB_OUTPUT:-}" ] && [ $count -gt 256 ]; then
  echo "GitHub runs 256 jobs of a matrix at most, and these are $count: leave some to another time, or to another workflow" >&2
  exit 1
fi
echo "To build: ${names[*]:-nothing}" >&2
if [ -n "${GITHUB_OUTPUT:-}" ]; then
  jq -c --argjson versions "$versions" '[.[] | select(IN(.name; $ARGS.positional[])) |
    {name, path, runner, minutes, environment, azure_cli, version: ($versions[.name] // "")}] | "builds=\(tojson)"' \
    --raw-output "$here/builds.json" --args "${names[@]}" >> "$GITHUB_OUTPUT"
else
  echo "##vso[task.setvariable variable=builds;isOutput=true] ${names[*]:-} "
  jq -r 'to_entries[] | "##vso[task.setvariable variable=version_\(.key | gsub("[^A-Za-z0-9]"; "_"));isOutput=true]\(.value)"' <<< "$versions"
fi
