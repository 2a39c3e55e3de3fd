#!/bin/sh
# run.sh [-w WRAPPER] TEST... - runs test programs and scripts one after the other, from the top of the repo, and ends in
# the names of those that failed and "N passed, N failed". Called by the Makefile; $BUILD says where the build is.
# Scripts get BUILD and PYTHON in the environment, programs are run under WRAPPER ("valgrind -q").
wrapper=
if [ "$1" = -w ]; then
    wrapper=$2
    shift 2
fi
mkdir -p "$BUILD/test"
passed=0
failed=0
names=
for test in "$@"; do
    case $test in
    *.sh) command="sh $test" ;;
    *) command="$wrapper $test" ;;
    esac
    log=$BUILD/test/$(basename "$test").log
    if $command >"$log" 2>&1; then
        passed=$((passed + 1))
        echo "ok      $(basename "$test" .sh): $(tail -n 1 "$log")"
    else
        failed=$((failed + 1))
        names="$names $(basename "$test" .sh)"
        echo "FAILED  $(basename "$test" .sh)"
        sed 's/^/        /' "$log"
    fi
done
[ -z "$names" ] || echo "FAILED:$names"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
