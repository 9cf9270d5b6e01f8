#!/usr/bin/env bash
# Writes requirements-peers.txt from requirements-peers.in, as tools/lock.sh writes the other locks.
# usage: benchmarks/lock-peers.sh [--upgrade | --upgrade-package NAME]; needs uv on PATH or in $UV
set -euo pipefail
cd "$(dirname "$0")/.."
uv=${UV:-uv}
override=$(mktemp)
trap 'rm -f "$override"' EXIT
# perception wants rich below 14, which its hashers never import; Eikona in the same environment needs 14 or newer.
echo 'rich>=14' >"$override"
"$uv" pip compile benchmarks/requirements-peers.in --quiet --universal --python-version 3.11 \
  --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
  --constraint requirements/run.lock --override "$override" \
  --output-file benchmarks/requirements-peers.txt "$@"
if grep -nE '(https?|file)://|@ ' benchmarks/requirements-peers.txt; then
  echo "lock-peers.sh: the lines above hold an address" >&2
  exit 1
fi
