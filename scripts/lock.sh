#!/usr/bin/env bash
# Write requirements/dev.txt: exact versions and hashes of everything, for every supported Python and platform.
#
#   scripts/lock.sh              keep the versions that still fit pyproject.toml
#   scripts/lock.sh --upgrade    take the newest that fit
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
# A resolver of its own, thrown away afterwards: a broken lock must not keep anybody from making a new one.
"${PYTHON3:-python3}" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'uv>=0.11,<1'

# --no-emit-index-url and the header of our own: no address and no path of this machine gets into the file.
"$work/venv/bin/uv" pip compile pyproject.toml --all-extras --universal --python-version 3.10 --generate-hashes \
    --no-emit-index-url --custom-compile-command 'make lock' --quiet --output-file requirements/dev.txt "$@"
