# failures.sh - GUARANTEES G6 and G4 of the dlc command: each of its allocations, of its calls that write and of those
# that read fails in turn, once or from then on (failing_calls.c). It ends in status 1 with one line on standard error,
# without a partial output and with the old one where it was; or it does without, to the same results. Of the allocations
# and of a report's thousands of writes one in $EVERY (97) is tried, from the first on, of the other writes and reads one
# in $STEP (1; of those of a run on images 5); `make torture` tries all.
. test/support/cli.sh
failing=$BUILD/test/cli/failing_dlc
EVERY=${EVERY:-97}
step=${STEP:-1}
memory=0
disk=0
input=0
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

# Puts "the old one" in the place of every file that the command writes, but of a run's, whose folder is not there yet,
# and of a checkpoint, which would be refused.
old_outputs() {
    rm -rf "$work/out" "$work/log"
    mkdir "$work/out"
    for file in $(cd "$work/whole" && find . -maxdepth 1 -type f ! -name run.ckpt); do
        printf 'the old one' >"$work/out/$file"
    done
}

# What a failed command has left: old files or whole new ones, and a checkpoint to go on from.
check_left() {
    for file in $(cd "$work/out" && find . -mindepth 1 -maxdepth 1); do
        if [ "$file" = ./run.ckpt ]; then
            "$dlc" "$@" >/dev/null 2>"$work/stderr" || die "$what: its checkpoint: $(cat "$work/stderr")"
            cmp "$work/out/run/scores.npy" "$work/whole/run/scores.npy" || die "$what: its checkpoint: another score"
            rm -r "$work/out/run"
        else
            [ "$(cat "$work/out/$file")" = "the old one" ] || cmp "$work/out/$file" "$work/whole/$file" ||
                die "$what: left $file"
        fi
    done
}

# try KIND SAYS ARG... : one call of KIND fails, the $at-th; a failure's message matches SAYS. False: none was left to fail.
try() {
    kind=$1
    says=$2
    shift 2
    old_outputs
    env $from_then_on DLC_FAIL_KIND="$kind" DLC_FAIL_AT=$at DLC_FAIL_LOG="$work/log" \
        "$failing" "$@" >"$work/stdout" 2>"$work/stderr"
    status=$?
    what="dlc $* ($kind, call $at $from_then_on)"
    if [ "$status" -eq 1 ]; then
        [ -e "$work/log" ] || die "$what: nothing failed, and yet: $(cat "$work/stderr")"
        [ "$(wc -l <"$work/stderr")" -eq 1 ] || die "$what: not one line: $(cat "$work/stderr")"
        grep -qiE "$says" "$work/stderr" || die "$what: does not say why: $(cat "$work/stderr")"
        [ "$kind" = disk ] || [ ! -s "$work/stdout" ] || die "$what: on standard output: $(cat "$work/stdout")"
        check_left "$@"
        return 0
    fi
    # What can be done without, such as keeping features.
    [ "$status" -eq 0 ] || die "$what: status $status: $(cat "$work/stderr")"
    cmp "$work/stdout" "$work/whole.stdout" || die "$what: prints something else"
    for file in $(cd "$work/whole" && find . -type f ! -name run.json); do
        # A report goes without a picture, and says so.
        cmp -s "$work/out/$file" "$work/whole/$file" ||
            grep -qE 'no picture|out of memory|cannot be read again' "$work/out/$file" || die "$what: another $file"
    done
    [ -e "$work/log" ] || return 1
    survived=$((survived + 1))
}

# fails_everywhere ARG... : the arguments name their outputs in $work/out; or the output is what is printed.
fails_everywhere() {
    checks=$((checks + 1))
    rm -rf "$work/out" "$work/whole"
    mkdir "$work/out"
    "$failing" "$@" >"$work/whole.stdout" 2>"$work/stderr" || die "dlc $*: $(cat "$work/stderr")"
    mv "$work/out" "$work/whole"
    for from_then_on in "" DLC_FAIL_FROM_THEN_ON=1; do
        at=0
        while try memory memory "$@"; do
            memory=$((memory + 1))
            at=$((at + EVERY))
        done
        at=0
        while try disk 'no space left|standard output cannot be written' "$@"; do
            disk=$((disk + 1))
            at=$((at + step))
        done
        at=0
        while try input 'input/output error|cannot be read' "$@"; do
            input=$((input + 1))
            at=$((at + step))
        done
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
step=${STEP:-5}
fails_everywhere score --encoder $encoder --images "$work/images" --out-dir "$work/out/run" --schedule list:0,0.5 \
    --skip-broken
rm "$work/images/two/broken.png"
fails_everywhere score --encoder $encoder --images "$work/images" --out-dir "$work/out/run" --schedule list:0,0.5 \
    --checkpoint "$work/out/run.ckpt"
step=$EVERY
fails_everywhere report "$work/run" --select "$work/pick.npy" --out "$work/out/report.html"
echo "$checks checks; failed calls: $memory allocations, $disk writes, $input reads; $survived of them survived"
