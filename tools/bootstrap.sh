#!/bin/sh
# Make or refresh .venv: find a Python that runs and is new enough, get uv, install what pyproject.toml asks for at the
# versions of constraints.txt. Usage: tools/bootstrap.sh [test]     (test: also what the tests need)
# Does nothing, quickly, when the environment already is what these files describe.
set -eu
cd "$(dirname "$0")/.."

extras=${1:-}
minimum="3, 12"

say() { printf '%s\n' "$*" >&2; }

new_enough() { # a shim that exists but fails is no Python
    "$1" -c "import sys; raise SystemExit(sys.version_info < ($minimum))" >/dev/null 2>&1
}

find_python() {
    for name in ${PYTHON:-} python3.13 python3.12 python3; do
        path=$(command -v "$name" 2>/dev/null) && new_enough "$path" && { echo "$path"; return; }
    done
    for path in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13*/bin/python3 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.12*/bin/python3; do
        [ -x "$path" ] && new_enough "$path" && { echo "$path"; return; }
    done
    echo "3.13" # uv fetches its own
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null 2>&1; then sudo -n "$@"; else return 1; fi
}

# uv goes into a folder of its own by any Python that has pip or venv; Debian's bare Python has neither.
get_uv() {
    [ -x .tools/bin/uv ] && .tools/bin/uv --version >/dev/null 2>&1 && { echo "$PWD/.tools/bin/uv"; return; }
    command -v uv 2>/dev/null && return
    say "Installing uv"
    for attempt in 1 2; do
        for python in python3 "$1" python3.11 python; do
            "$python" -c "" >/dev/null 2>&1 || continue
            rm -rf .tools
            if "$python" -m venv .tools >/dev/null 2>&1 && .tools/bin/python -m pip install -q uv >&2; then
                echo "$PWD/.tools/bin/uv"; return
            fi
        done
        [ "$attempt" = 1 ] || break
        say "This Python has no venv; installing Debian's python3-venv"
        { as_root apt-get update -qq && as_root apt-get install -y -qq --no-install-recommends python3-venv; } >&2 || break
    done
    say "uv could not be installed: it needs a Python with venv and pip (Debian: apt-get install python3-venv)."
    exit 1
}

stamp=.venv/.installed
wanted=$(cat pyproject.toml constraints.txt tools/bootstrap.sh | cksum)
if [ -x .venv/bin/python ] && { [ "$(cat $stamp 2>/dev/null)" = "$wanted test" ] || [ "$(cat $stamp 2>/dev/null)" = "$wanted $extras" ]; }; then
    exit 0
fi

python=$(find_python)
uv=$(get_uv "$python")
if ! { [ -x .venv/bin/python ] && new_enough .venv/bin/python; }; then
    say "Making .venv with $python"
    "$uv" venv --quiet --allow-existing --python "$python" .venv
fi
say "Installing Apportion${extras:+ and what its tests need}"
VIRTUAL_ENV="$PWD/.venv" "$uv" pip install --quiet --compile-bytecode --constraint constraints.txt --editable ".${extras:+[$extras]}"
printf '%s' "$wanted $extras" > $stamp
