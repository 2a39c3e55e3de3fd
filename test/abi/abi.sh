# abi.sh - what the checks of the ABI share; they source it from the top of the repo.
#
# A baseline is what a release promised, three files for each MAJOR.MINOR, written by `make abi-update`:
#   libdlc-1.0.symbols   the exported names and the version node of each
#   libdlc-1.0.abi       the types of the exported functions, by libabigail
#   libdlc-1.0.h         the public headers in one, without comments
set -u
export LC_ALL=C
baselines=test/abi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

die() {
    echo "$*"
    exit 1
}

# abi_version TREE: MAJOR.MINOR of a source tree.
abi_version() {
    sed -n 's/^#define DLC_VERSION_M[AJINOR]* *\([0-9]*\)$/\1/p' "$1/include/dlc/base.h" | paste -sd.
}

# abi_symbols LIBRARY: one line "name node" for each exported symbol.
abi_symbols() {
    readelf --dyn-syms -W "$1" | awk '$7 != "UND" && $8 ~ /@/ {sub(/@+/, " ", $8); print $8}' | sort
}

# abi_constants HEADER: one line "NAME value" for each constant of a header of a baseline, versions apart.
abi_constants() {
    sed -n 's/^#define \(DLC_[A-Z0-9_]*\)  *\(.*\)/\1 \2/p' "$1" | grep -v '^DLC_\(API\|VERSION_[A-Z]*\) ' | sort
}

# abi_header TREE: the public headers in one.
abi_header() {
    "$PYTHON" test/abi/flatten.py "$1/include/dlc/dlc.h"
}

# abi_types TREE LIBRARY: the types, without the paths and the libraries of this machine. What is private is left out
# here, by the headers, and not in the comparison: told the headers, abidiff takes the types of <stdint.h> for private
# too, and lets an int64_t become an int32_t (canary.sh).
abi_types() {
    abidw --exported-interfaces-only --drop-private-types --headers-dir "$1/include" --short-locs --no-comp-dir-path \
        --no-corpus-path --no-elf-needed "$2"
}

# abi_write TREE LIBRARY: the baseline of the tree's version, in $baselines.
abi_write() {
    baseline=$baselines/libdlc-$(abi_version "$1")
    abi_symbols "$2" >"$baseline.symbols" && abi_header "$1" >"$baseline.h" && abi_types "$1" "$2" >"$baseline.abi"
}

# abi_compare TREE LIBRARY: 0 if a library and the headers of its source tree are what the baseline of their version
# says, neither less nor more, and leave out nothing of the older ones. Prints what differs.
abi_compare() {
    version=$(abi_version "$1")
    [ -f "$baselines/libdlc-$version.abi" ] || { echo "there is no baseline for $version (make abi-update)"; return 1; }
    abi_symbols "$2" >"$work/symbols"
    abi_header "$1" >"$work/header"
    abi_constants "$work/header" >"$work/constants"
    different=0
    for baseline in "$baselines"/libdlc-*.abi; do
        baseline=${baseline%.abi}
        abi_constants "$baseline.h" >"$work/known-constants"
        if [ "$baseline" = "$baselines/libdlc-$version" ]; then
            added=
            compare=diff
        else
            added=--no-added-syms
            compare='comm -23'
        fi
        $compare "$baseline.symbols" "$work/symbols" >"$work/difference"
        $compare "$work/known-constants" "$work/constants" >>"$work/difference"
        abidiff $added --fail-no-debug-info --exported-interfaces-only "$baseline.abi" "$2" >"$work/abidiff" 2>&1 ||
            { echo "abidiff: status $?"; cat "$work/abidiff"; } >>"$work/difference"
        [ -s "$work/difference" ] || continue
        echo "$2 and $baseline:"
        cat "$work/difference"
        different=1
    done
    return $different
}
