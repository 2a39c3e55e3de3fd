# python.sh - the Python examples, run as their first comments say, and the tests of dlc.py that need PyTorch.
. test/support/cli.sh

case ${CFLAGS:-} in
*-fsanitize=*)
    echo "not under sanitizers"
    exit 0
    ;;
esac

export BUILD
DLC_LIBRARY=$BUILD/libdlc.so
export DLC_LIBRARY

# example TEXT NAME ARG... : the example must print a line with TEXT.
example() {
    checks=$((checks + 1))
    text=$1
    name=$2
    shift 2
    "$PYTHON" "examples/python/$name.py" "$@" >"$work/stdout" 2>"$work/stderr" || die "$name.py fails: $(cat "$work/stderr")"
    [ -s "$work/stderr" ] && die "$name.py: on standard error: $(cat "$work/stderr")"
    grep -q -- "$text" "$work/stdout" || die "$name.py: no '$text' in: $(cat "$work/stdout")"
    return 0
}

example "kept 600 of 2000 images" numpy_model
example "kept 300 of 1000 images" torch_model
example "largest difference to masking in place: 0$" torch_thresholds
"$PYTHON" examples/demo/fashion_folders.py "$work/images" --per-class 50 >"$work/stdout" || die "no images"
example "75 of 250 images, 75 by path" torch_subset "$work/images"

"$PYTHON" test/python/torch/torch_tests.py >"$work/log" 2>&1 || die "torch_tests.py: $(cat "$work/log")"
checks=$((checks + $(sed -n 's/^Ran \([0-9]*\) tests.*/\1/p' "$work/log")))
echo "$checks checks"
