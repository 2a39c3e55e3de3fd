# canary.sh - GUARANTEE G9, the other way round: breaks the ABI in a copy of the source tree, in each way that a careless change could, and sees compare.sh's
# comparison catch it; and sees that what is private may change.
. test/abi/abi.sh
tree=$work/tree
checks=0

# edit SCRIPT FILE: sed in the copy; it must change something.
edit() {
    cp "$tree/$2" "$work/before"
    sed -i "$1" "$tree/$2"
    ! cmp -s "$work/before" "$tree/$2" || die "'$1' changes nothing in $2"
}

# The tree anew, and with it the objects, so that only what an edit touches is compiled again.
fresh_copy() {
    rm -rf "$tree"
    mkdir -p "$tree/$BUILD"
    cp -a Makefile include lib "$tree"
    case $BUILD in
    /*) ;;
    *) cp -a "$BUILD/lib" "$BUILD/packages" "$BUILD/switches" "$tree/$BUILD" ;;
    esac
}

# compared: builds the copy's library; 0 if the comparison finds no difference.
compared() {
    checks=$((checks + 1))
    library=$BUILD/libdlc.so.$(abi_version .).$(sed -n 's/^#define DLC_VERSION_PATCH *//p' include/dlc/base.h)
    MAKEFLAGS='' WERROR='' make -s -C "$tree" BUILD="$BUILD" CC="$CC" CFLAGS="$CFLAGS" WITH_IMAGE="$WITH_IMAGE" \
        WITH_ENCODER="$WITH_ENCODER" "$library" >"$work/make.log" 2>&1 || die "the copy does not build: $(cat "$work/make.log")"
    abi_compare "$tree" "$tree/$library" >"$work/found"
}

# caught TEXT WHAT: the comparison must find a difference, and what it prints must name TEXT.
caught() {
    ! compared || die "not caught: $2"
    grep -q "$1" "$work/found" || die "caught, but not for what it is: $2: $(cat "$work/found")"
}

fresh_copy
compared || die "the copy differs before anything was changed: $(cat "$work/found")"
edit 's/^struct dlc_flexrand {/&\n    int64_t one_more;/' lib/flexrand/flexrand.c
compared || die "a private field is not the ABI: $(cat "$work/found")"

fresh_copy
edit 's/^local:/local: dlc_status_text;/' lib/libdlc.map
caught dlc_status_text "a function removed"

fresh_copy
edit 's/^DLC_[0-9.]*/DLC_0.9/' lib/libdlc.map
caught dlc_status_text "a version node renamed"

fresh_copy
edit 's/\(dlc_flexrand_set_floor(.*, \)int64_t/\1int32_t/' include/dlc/flexrand.h
edit 's/\(dlc_flexrand_set_floor(.*, \)int64_t/\1int32_t/' lib/flexrand/flexrand.c
caught dlc_flexrand_set_floor "the type of a parameter changed"

fresh_copy
edit 's/int32_t \*go_on/int64_t *go_on/' include/dlc/run.h
edit 's/int32_t go_on/int64_t go_on/' lib/run/run.c
caught dlc_run_set_progress "the type of a callback changed"

# No public struct exists, and none should; but a comparison that is blind for one would be blind for other things too.
fresh_copy
sed -i 's/^#include "base.h"/&\n#include "probe.h"/' "$tree/include/dlc/dlc.h"
cat >"$tree/include/dlc/probe.h" <<'PROBE'
#include "base.h"
typedef struct dlc_probe {
    int32_t first;
} dlc_probe;
DLC_API int32_t dlc_probe_first(const dlc_probe *probe);
PROBE
cat >"$tree/lib/base/probe.c" <<'PROBE'
#include "dlc/probe.h"
int32_t dlc_probe_first(const dlc_probe *probe) {
    return probe->first;
}
PROBE
caught dlc_probe_first "a function added"
baselines=$work
abi_write "$tree" "$tree/$library"
compared || die "the copy differs from its own baseline: $(cat "$work/found")"
edit 's/int32_t first;/&\n    int32_t second;/' include/dlc/probe.h
caught 'int32_t second' "a public field appended"
echo "$checks checks"
