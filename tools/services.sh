#!/bin/sh
# Install what the tests need from Debian, when it is absent and we may: PostgreSQL 15 or newer, Chromium, a Java runtime
# for Spark, and the program sqlite3.
# What cannot be had is said; its tests are then reported as not run, and with CI=true that is a failure.
set -u

say() { printf '%s\n' "$*" >&2; }
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null 2>&1; then sudo -n "$@"; else return 1; fi
}

missing=""
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && command -v pg_virtualenv >/dev/null 2>&1 || missing="$missing postgresql"
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || missing="$missing chromium"
command -v sqlite3 >/dev/null 2>&1 || missing="$missing sqlite3"
java -version >/dev/null 2>&1 || missing="$missing default-jre-headless"
[ -n "$missing" ] || exit 0

if command -v apt-get >/dev/null 2>&1; then
    say "Installing from Debian:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086
    as_root apt-get update -qq >/dev/null 2>&1 && as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1 && exit 0
fi
say "NOT INSTALLED:$missing. The tests that need it will be reported as not run."
exit 0
