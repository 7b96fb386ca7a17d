#!/usr/bin/env bash
# The virtual environment of the developer tools.
#
#   scripts/venv.sh         make it where it is missing
#   scripts/venv.sh where   print its folder
#
# It stands in the user's cache under a key made of the lock file and the interpreter: all clones with the same lock
# share it, and it holds the locked dependencies only. The project itself comes in through PYTHONPATH.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python="${PYTHON3:-python3}"
lock=requirements/dev.txt
cache="${XDG_CACHE_HOME:-$HOME/.cache}/kernel-ferry"

fail() {
    echo "$*" >&2
    exit 1
}

where() {
    local interpreter
    # The prefix too: two builds of one version must not share, as the environment links to its interpreter.
    interpreter="$("$python" -c 'import platform, sys; print(sys.version, platform.machine(), sys.base_prefix)')"
    echo "$cache/venv/$( (echo "$interpreter"; cat "$lock") | sha256sum | cut -c1-16)"
}

# Debian packs Python's venv module separately, and a minimal system lacks Python altogether.
need_python() {
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        local advice="Python's venv module is missing; install it (on Debian: apt-get install python3 python3-venv)."
        # A chosen interpreter is the chooser's to complete.
        [[ $python == python3 && $(id -u) == 0 && -x /usr/bin/apt-get ]] || fail "$advice"
        echo "Installing python3-venv with apt-get" >&2
        export DEBIAN_FRONTEND=noninteractive
        { apt-get update && apt-get install --yes --no-install-recommends python3 python3-venv; } >&2 || fail "$advice"
    fi
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
        fail "Python 3.10 or newer is needed, but $("$python" --version) was found; name another with PYTHON3=…."
}

make_venv() {
    local folder=$1
    # The stamp is written last: what a killed run left behind has none, and is made anew.
    [[ ! -e $folder/complete ]] || return 0
    echo "Making the virtual environment $folder (once for this lock file; about a minute)" >&2
    rm -rf "$folder"
    "$python" -m venv "$folder"
    # --no-deps: the lock is complete, and older pips look for an extra (`coverage[toml]`) at its newest version.
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$lock"
    touch "$folder/complete"
}

case "${1:-make}" in
    where) where ;;
    make)
        need_python
        folder="$(where)"
        [[ ! -e $folder/complete ]] || exit 0
        mkdir -p "$cache/venv"
        # One at a time: several clones may ask at once. Where there is no flock (not Linux), the last one wins.
        exec 9>"$cache/venv/lock"
        if command -v flock >/dev/null; then flock 9; fi
        make_venv "$folder"
        ;;
    *) fail "usage: scripts/venv.sh [where]" ;;
esac
