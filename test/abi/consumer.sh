# consumer.sh - GUARANTEE G9: a program that was built with release 1.0 runs with the library in $BUILD. Builds it from the
# stored headers and against a stand-in for the library of that release, made from the stored symbols: so the program asks
# the dynamic linker for every function of the release, each at its version node.
. test/abi/abi.sh

for node in $(cut -d ' ' -f 2 "$baselines/libdlc-1.0.symbols" | sort -u); do
    echo "$node {"
    sed -n "s/\(.*\) $node\$/    \1;/p" "$baselines/libdlc-1.0.symbols"
    echo '};'
done >"$work/map"
sed 's/\(.*\) .*/FUNCTION(\1)/' "$baselines/libdlc-1.0.symbols" >"$work/functions.h"
sed 's/\(.*\) .*/void \1(void) {}/' "$baselines/libdlc-1.0.symbols" >"$work/library.c"
mkdir -p "$work/include/dlc" "$work/lib"
cp "$baselines/libdlc-1.0.h" "$work/include/dlc/dlc.h"

$CC $CFLAGS -shared -fPIC "$work/library.c" -Wl,-soname,libdlc.so.1 -Wl,--version-script="$work/map" -o "$work/lib/libdlc.so" ||
    die "the stand-in for the library does not build"
$CC -std=c11 -Wall -Wextra -Wpedantic -Werror $CFLAGS -I"$work/include" -I"$work" test/abi/consumer.c -L"$work/lib" -ldlc \
    -lm -o "$work/consumer" || die "a program of release 1.0 does not build"
LD_BIND_NOW=1 LD_LIBRARY_PATH=$BUILD "$work/consumer" || die "a program of release 1.0 does not run"
