# python.sh - the tests of examples/python/dlc.py that need NumPy alone. Those with PyTorch: test/examples/python.sh.
. test/support/cli.sh

case ${CFLAGS:-} in
*-fsanitize=thread*)
    echo "not under ThreadSanitizer, which would have to be the interpreter's own"
    exit 0
    ;;
*-fsanitize=address*)
    # The interpreter and NumPy keep memory to the end.
    runtime=$(${CC:-cc} -print-file-name=libasan.so)
    export LD_PRELOAD="$runtime" ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}" DLC_TEST_SHORT=1
    ;;
esac

export BUILD
tests=0
for script in test/python/*_tests.py; do
    "$PYTHON" -W error::ResourceWarning "$script" >"$work/log" 2>&1 || die "$script: $(cat "$work/log")"
    tests=$((tests + $(sed -n 's/^Ran \([0-9]*\) tests.*/\1/p' "$work/log")))
done
echo "$tests tests"
