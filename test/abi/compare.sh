# compare.sh - GUARANTEE G9: the library in $BUILD against the stored baselines.
. test/abi/abi.sh
abi_compare . "$BUILD/libdlc.so" || die "the ABI is not what the baseline says (docs/abi.md)"
echo "$(wc -l <"$work/symbols") functions, $(wc -l <"$work/constants") constants"
