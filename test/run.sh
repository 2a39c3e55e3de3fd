#!/bin/sh
# run.sh [-w WRAPPER] TEST... - runs test programs and scripts, $JOBS at a time (else one), from the top of the repo, and
# ends in what those that failed printed, their names, and "N passed, N failed". Called by the Makefile; $BUILD says where
# the build is. Scripts get BUILD and PYTHON in the environment, programs are run under WRAPPER ("valgrind -q").
log_of() {
    echo "$BUILD/test/$(basename "$1").log"
}

# As xargs calls it: one test, whose log is renamed if it passes: what never ran did not pass.
if [ "$1" = --one ]; then
    log=$(log_of "$2")
    case $2 in
    *.sh) command="sh $2" ;;
    *) command="$WRAPPER $2" ;;
    esac
    if $command >"$log" 2>&1; then
        echo "ok      $(basename "$2" .sh): $(tail -n 1 "$log")"
        mv "$log" "$log.ok"
    else
        echo "FAILED  $(basename "$2" .sh)"
    fi
    exit 0
fi

WRAPPER=
if [ "$1" = -w ]; then
    WRAPPER=$2
    shift 2
fi
export WRAPPER
mkdir -p "$BUILD/test"
for test in "$@"; do
    rm -f "$(log_of "$test")" "$(log_of "$test").ok"
done
printf '%s\n' "$@" | xargs -n 1 -P "${JOBS:-1}" sh "$0" --one

passed=0
failed=0
names=
for test in "$@"; do
    log=$(log_of "$test")
    if [ -e "$log.ok" ]; then
        mv "$log.ok" "$log"
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        names="$names $(basename "$test" .sh)"
        echo "What $(basename "$test" .sh) printed:"
        sed 's/^/        /' "$log"
    fi
done
[ -z "$names" ] || echo "FAILED:$names"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
