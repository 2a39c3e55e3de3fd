# installed.sh - what the tests of the examples share, on top of cli.sh: libdlc installed into a folder of its own, and
# examples built against it, word for word as their first comment says.
. test/support/cli.sh

prefix=$work/installed
make -s install BUILD="$BUILD" PACKAGE="$work/package" PREFIX="$prefix" >"$work/install.log" 2>&1 ||
    die "make install: $(cat "$work/install.log")"
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig" LD_LIBRARY_PATH="$prefix/lib" PYTHONPATH=test/examples PYTHONDONTWRITEBYTECODE=1
top=$(pwd)
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"

# builds FILE COMPILER [FLAG...] : compiles an example by the command in its first comment ("cc name.c ... -o name", after
# lines like 'flags="-lm"'), with COMPILER in place of cc or c++ and all warnings as errors; the program is $work/name.
builds() {
    checks=$((checks + 1))
    file=$1
    compiler=$2
    shift 2
    name=$(basename "${file%.*}")
    told=$(sed -n "s|^ \*     c[c+]* \(.*$(basename "$file") .*\) -o $name.*|\1|p" "$file" | head -n 1)
    eval "$(sed -n 's|^ \*     \([a-z]*="[^"]*"\)$|\1|p' "$file")"
    [ -n "$told" ] || die "$file does not say how it is compiled"
    (cd "$(dirname "$file")" && eval "$compiler ${CFLAGS:-} $warnings $* $told -o '$work/$name'") || die "$file does not compile"
}

# ends STATUS PROGRAM ARG... : runs $work/PROGRAM, which must exit with STATUS; its output is in $work/stdout and stderr.
ends() {
    checks=$((checks + 1))
    status=$1
    program=$2
    shift 2
    "$work/$program" "$@" >"$work/stdout" 2>"$work/stderr"
    got=$?
    [ "$got" -eq "$status" ] || die "$program $*: status $got, not $status: $(cat "$work/stdout" "$work/stderr")"
}

# prints TEXT : the last program's standard output contains TEXT.
prints() {
    checks=$((checks + 1))
    grep -qF -- "$1" "$work/stdout" || die "'$1' is not in: $(cat "$work/stdout")"
}
