#!/usr/bin/env bash
# Runs the jobstrata that the project has installed, else the version that this file belongs to, from the npm registry.
# JOBSTRATA_VERSION chooses another version for the latter.
set -eu

folder=$PWD
while true; do
  if [ -x "$folder/node_modules/.bin/jobstrata" ]; then
    exec "$folder/node_modules/.bin/jobstrata" "$@"
  fi
  parent=$(dirname "$folder")
  [ "$parent" != "$folder" ] || break
  folder=$parent
done

if ! command -v npx > /dev/null; then
  echo "jobstrata requires Node.js 20.19 or newer; install it first (on GitHub: actions/setup-node)" >&2
  exit 2
fi
manifest="$(dirname "${BASH_SOURCE[0]}")/../src/cli/package.json"
own=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$manifest")
exec npx --yes "jobstrata@${JOBSTRATA_VERSION:-$own}" "$@"
