#!/bin/sh
# Write constraints.txt anew from what .venv holds, after an upgrade that passed its tests. Names and versions only.
set -eu
cd "$(dirname "$0")/.."
uv=$(command -v uv || echo .tools/bin/uv)
VIRTUAL_ENV="$PWD/.venv" "$uv" pip freeze --exclude-editable | grep -E '^[A-Za-z0-9._-]+==' > constraints.txt
