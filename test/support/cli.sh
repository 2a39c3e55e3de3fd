# cli.sh - what the tests of the dlc command share; they source it from the top of the repo. $BUILD and $PYTHON are set by
# `make check`.
set -u
BUILD=${BUILD:-build}
PYTHON=${PYTHON:-/usr/bin/python3}
dlc=$BUILD/dlc
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
checks=0

die() {
    echo "$*"
    exit 1
}

# runs ARG... : the command must succeed, without a word on standard error.
runs() {
    checks=$((checks + 1))
    "$dlc" "$@" >"$work/stdout" 2>"$work/stderr" || die "dlc $*: status $?: $(cat "$work/stderr")"
    [ -s "$work/stderr" ] && die "dlc $*: on standard error: $(cat "$work/stderr")"
    return 0
}

# fails STATUS TEXT ARG... : the command must end with STATUS and one line on standard error that contains TEXT, print
# nothing, and leave the folder "$work/out" as it was: without new files.
fails() {
    checks=$((checks + 1))
    status=$1
    text=$2
    shift 2
    mkdir -p "$work/out"
    before=$(ls -A "$work/out")
    "$dlc" "$@" >"$work/stdout" 2>"$work/stderr"
    got=$?
    [ "$got" -eq "$status" ] || die "dlc $*: status $got, not $status: $(cat "$work/stderr")"
    [ "$(wc -l <"$work/stderr")" -eq 1 ] || die "dlc $*: not one line on standard error: $(cat "$work/stderr")"
    grep -qF -- "$text" "$work/stderr" || die "dlc $*: '$(cat "$work/stderr")' does not contain '$text'"
    [ -s "$work/stdout" ] && die "dlc $*: on standard output: $(cat "$work/stdout")"
    [ "$(ls -A "$work/out")" = "$before" ] || die "dlc $*: left $(ls -A "$work/out")"
    return 0
}

# python ARG... <script : a check in NumPy; sees $work as sys.argv[1].
python() {
    checks=$((checks + 1))
    "$PYTHON" - "$work" "$@" || die "a check in NumPy failed"
}
