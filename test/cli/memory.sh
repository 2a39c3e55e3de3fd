# memory.sh - GUARANTEE G6 and G4 of the dlc command: each of its allocations fails in turn, once or from then on
# (failing_malloc.c), and it ends in status 1 with one line on standard error, without a partial output. One in $EVERY is
# tried, from the first on; all of them by `make torture`.
. test/support/cli.sh
dlc=$BUILD/test/cli/failing_dlc
EVERY=${EVERY:-97}
points=0
survived=0

encoder=test/golden/encoder/grey.safetensors
golden=test/golden/a
for class in one two; do
    mkdir -p "$work/images/$class"
    cp test/golden/files/png/grey/*.png "$work/images/$class"
done
printf 'no image' >"$work/images/two/broken.png"
seq 300 | sed 's/.*/{"line": &}/' >"$work/in.jsonl"
runs score --encoder $encoder --images "$work/images" --out-dir "$work/run" --schedule list:0,0.5 --skip-broken
runs select --run "$work/run" --keep 0.5 --out "$work/pick.npy"

# fails_everywhere ARG... : the arguments name their outputs in $work/out; or the output is what is printed.
fails_everywhere() {
    checks=$((checks + 1))
    rm -rf "$work/out" "$work/whole"
    mkdir "$work/out"
    "$dlc" "$@" >"$work/whole.stdout" 2>"$work/stderr" || die "dlc $*: $(cat "$work/stderr")"
    mv "$work/out" "$work/whole"
    for from_then_on in "" DLC_FAIL_FROM_THEN_ON=1; do
        at=0
        while rm -rf "$work/out" "$work/log" && mkdir "$work/out"; do
            env $from_then_on DLC_FAIL_AT=$at DLC_FAIL_LOG="$work/log" "$dlc" "$@" >"$work/stdout" 2>"$work/stderr"
            status=$?
            what="dlc $* (allocation $at $from_then_on)"
            if [ "$status" -eq 1 ]; then
                [ -e "$work/log" ] || die "$what: no allocation failed, and yet: $(cat "$work/stderr")"
                [ "$(wc -l <"$work/stderr")" -eq 1 ] || die "$what: not one line: $(cat "$work/stderr")"
                grep -qi memory "$work/stderr" || die "$what: says nothing of memory: $(cat "$work/stderr")"
                [ -s "$work/stdout" ] && die "$what: on standard output: $(cat "$work/stdout")"
                [ -z "$(ls -A "$work/out")" ] || die "$what: left $(ls -A "$work/out")"
            else
                # What can be done without, such as keeping features.
                [ "$status" -eq 0 ] || die "$what: status $status: $(cat "$work/stderr")"
                cmp "$work/stdout" "$work/whole.stdout" || die "$what: prints something else"
                for file in $(cd "$work/whole" && find . -type f ! -name run.json); do
                    # A report goes without a picture, and says so.
                    cmp -s "$work/out/$file" "$work/whole/$file" ||
                        grep -qE 'no picture|out of memory' "$work/out/$file" || die "$what: another $file"
                done
                [ -e "$work/log" ] || break
                survived=$((survived + 1))
            fi
            points=$((points + 1))
            at=$((at + EVERY))
        done
        [ "$at" -gt 0 ] || die "dlc $*: nothing fails"
    done
}

fails_everywhere mask --weights $encoder --plan
fails_everywhere mask --weights $encoder --plan --json --include '*' --exclude 'conv1*' --schedule list:0,0.5
fails_everywhere mask --weights $encoder --level 1 --schedule list:0,0.5 --out "$work/out/masked.safetensors"
fails_everywhere score --features $golden/features.npy --labels $golden/labels.npy --out "$work/out/s.npy" \
    --curves "$work/out/c.npy"
fails_everywhere score --features $golden/features.npy --labels $golden/labels.npy --centroids $golden/centroids.npy \
    --out "$work/out/s.npy"
fails_everywhere score --losses $golden/loss_curves.npy --out "$work/out/s.npy"
fails_everywhere select --scores $golden/score.npy --labels $golden/labels.npy --keep 0.3 --out "$work/out/i.npy"
fails_everywhere select --scores $golden/score.npy --labels $golden/labels.npy --keep 0.3 --budget paper --rng numpy \
    --order pick --out "$work/out/i.npy"
fails_everywhere select --scores $golden/score.npy --count 20 --jsonl "$work/in.jsonl" --out "$work/out/o.jsonl" \
    --indices "$work/out/i.npy"
fails_everywhere select --run "$work/run" --count 4 --out "$work/out/i.npy" --list "$work/out/names.txt"
fails_everywhere score --encoder $encoder --images "$work/images" --out-dir "$work/out/run" --schedule list:0,0.5 \
    --skip-broken
fails_everywhere report "$work/run" --select "$work/pick.npy" --out "$work/out/report.html"
echo "$checks checks, $points failed allocations, $survived of them survived"
