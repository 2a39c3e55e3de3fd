# guides.sh - the guides, followed word for word: every block of them is run, compiled and run, or compared (guide.py).
. test/support/installed.sh
export HOME="$work/home"
mkdir -p "$HOME"

# follows GUIDE FOLDER COMMAND... : the blocks of docs/GUIDE.md, from that folder on, in a shell started by COMMAND.
follows() {
    "$PYTHON" test/examples/guide.py "docs/$1.md" >"$work/$1.sh" || die "docs/$1.md cannot be followed"
    checks=$((checks + $(grep -c "^where=" "$work/$1.sh")))
    guide=$1
    folder=$2
    shift 2
    (cd "$folder" && "$@" "$work/$guide.sh") || die "docs/$guide.md does not work"
}

# The one that starts from a clone installs for itself.
follows quick-start . env -u PKG_CONFIG_PATH -u LD_LIBRARY_PATH sh
[ -s "$HOME/try-libdlc/report.html" ] && [ "$(wc -l <"$HOME/try-libdlc/pick.txt")" -eq 300 ] || die "quick-start.md: no report"

mkdir "$work/embedding"
follows embedding "$work/embedding" sh
checks=$((checks + 1))
${CC:-cc} -std=c11 ${CFLAGS:-} $warnings test/examples/gpu_loop_tests.c "$work/embedding/gpu_loop.o" \
    $(pkg-config --cflags --libs libdlc) -lm -o "$work/gpu_loop_tests" || die "gpu_loop_tests.c does not compile"
ends 0 gpu_loop_tests
prints "the same scores"
echo "$checks checks"
