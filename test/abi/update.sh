# update.sh - writes the baseline of the version in include/dlc/base.h from the library in $BUILD (abi.sh says what a
# baseline is). Only before the release of that version: afterwards the baseline is what was promised.
. test/abi/abi.sh
version=$(abi_version .)
grep -q "^## $version.0 (not released yet)" CHANGELOG.md ||
    die "CHANGELOG.md does not say that $version.0 is not released yet: its baseline stays as it is (docs/abi.md)"
abi_write . "$BUILD/libdlc.so" || die "the baseline cannot be written"
echo "$(wc -l <"$baseline.symbols") functions in $baseline.*"
