# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by run.sh and test.sh: where things are, and what to install.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '\n== %s\n' "$*"; }

# install_packages KIND...: what packages.txt lists for these kinds and is not there yet.
install_packages() {
    local missing=() kind package since kinds=" $* " debian
    debian=$(. /etc/os-release && echo "${VERSION_ID:-99}") # a Debian without a number is newer than all with one
    while read -r kind package since; do
        [[ $kind == "#"* || -z $kind || $kinds != *" $kind "* ]] && continue
        [[ ${since:-0} -gt ${debian%%.*} ]] && continue
        [[ $(dpkg-query -W -f '${Status}' "$package" 2> /dev/null) == *" installed" ]] || missing+=("$package")
    done < "$root/packaging/packages.txt"
    [ ${#missing[@]} -eq 0 ] && return
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo > /dev/null || {
            echo "These packages are missing, and neither root nor sudo is at hand: ${missing[*]}" >&2
            exit 1
        }
        as_root=(sudo)
    fi
    say "Installing ${#missing[@]} Debian packages"
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
}

# build_preset PRESET [TARGET...]: configures, and builds what changed, in build/PRESET.
build_preset() {
    local preset=$1 log
    shift
    say "Building ($preset)"
    # The first file of LibTorch costs half a minute; its precompiled header is cached like any object.
    # Paths below the tree are hashed relative to the build folder, so that two presets share their objects.
    export CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
    log=$(mktemp)
    (cd "$root" && cmake --preset "$preset" -DCMAKE_CXX_COMPILER_LAUNCHER=ccache) > "$log" 2>&1 || {
        cat "$log"
        rm -f "$log"
        exit 1
    }
    rm -f "$log"
    cmake --build "$root/build/$preset" -j "${EYEPIECE_JOBS:-$(nproc)}" ${1:+--target "$@"}
}
