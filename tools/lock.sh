#!/usr/bin/env bash
# Writes requirements/*.lock from pyproject.toml, for Python 3.11 to 3.14 on every system, with hashes, without addresses.
# usage: tools/lock.sh [--upgrade | --upgrade-package NAME]; needs uv on PATH or in $UV
set -euo pipefail
cd "$(dirname "$0")/.."
uv=${UV:-uv}
compile() {
  "$uv" pip compile pyproject.toml --quiet --universal --fork-strategy fewest --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-annotate --no-header "$@"
}
compile --group build --extra quorum --extra server --output-file requirements/run.lock "$@"
compile --group build --group test --extra all --constraint requirements/run.lock \
  --output-file requirements/test.lock "$@"
if grep -nE '(https?|file)://|@ ' requirements/*.lock; then
  echo "lock.sh: the lines above hold an address" >&2
  exit 1
fi
