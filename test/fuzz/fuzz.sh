#!/bin/sh
# fuzz.sh SECONDS TARGET... - runs fuzz targets of $BUILD/test/fuzz one after the other, from the top of the repo, each on
# its corpus for so many seconds. Called by `make fuzz`. New inputs that reach new code gather in $BUILD/corpus, from run
# to run; what a target fails on lies in $BUILD/found, and its log beside. Ends in "N targets, N failed".
seconds=$1
shift
count=0
failed=0
found=$(pwd)/$BUILD/found # the target of command lines works in a folder of its own
mkdir -p "$found"
for target in "$@"; do
    name=${target%_fuzz}
    corpus=$BUILD/corpus/$name
    log=$found/$name.log
    mkdir -p "$corpus"
    dictionary=
    [ -f "test/fuzz/dictionaries/$name.dict" ] && dictionary=-dict=test/fuzz/dictionaries/$name.dict
    count=$((count + 1))
    if OPENBLAS_NUM_THREADS=1 "$BUILD/test/fuzz/$target" $dictionary -max_total_time="$seconds" -max_len=4096 \
        -len_control=20 -timeout=10 -rss_limit_mb=3000 -malloc_limit_mb=1500 -print_final_stats=1 \
        -artifact_prefix="$found/$name-" "$corpus" "test/fuzz/corpus/$name" >"$log" 2>&1; then
        echo "ok      $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs," \
            "$(sed -n 's/^#[0-9]*[[:space:]]*DONE *\(cov: [0-9]* ft: [0-9]*\).*/\1/p' "$log")"
    else
        failed=$((failed + 1))
        echo "FAILED  $name: see $log"
        grep -E 'does not hold|ERROR:|runtime error|SUMMARY|Test unit written' "$log" | sed 's/^/        /'
    fi
done
echo "$count targets, $failed failed"
[ "$failed" -eq 0 ]
