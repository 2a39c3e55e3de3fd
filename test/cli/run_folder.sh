# run_folder.sh - where `dlc score --images` may leave its RUN, and G4 for a RUN that is there already: never files of
# two runs beside one run.json. And that no output of any command is a file that it reads, or its other output.
. test/support/cli.sh

encoder=test/golden/encoder/grey.safetensors
for set in a b; do
    for class in one two; do
        mkdir -p "$work/$set/$class"
        cp test/golden/files/png/grey/*.png "$work/$set/$class"
    done
done
rm "$work/b/one/$(ls "$work/b/one" | head -n 1)" # as many images as b, and others
cp test/golden/files/png/colour/rgb08.png "$work/b/one/zz.png"
score="score --encoder $encoder --schedule list:0,0.5 --quiet"
runs $score --images "$work/a" --out-dir "$work/run_a"
runs $score --images "$work/b" --out-dir "$work/run_b" --observe margin
cmp -s "$work/run_a/scores.npy" "$work/run_b/scores.npy" && die "the two runs are one"

# is RUN SET : RUN holds the run on these images, and no temporary folder.
is() {
    [ -z "$(find "$1/" -name '.*tmp*')" ] || die "$1 holds $(ls -A "$1")"
    for file in scores.npy curves.npy labels.npy correct.npy samples.txt; do
        cmp "$1/$file" "$work/run_$2/$file" || return 1
    done
    grep -q "\"folder\": \"$work/$2\"" "$1/run.json"
}

# ---- Where it may be ----

mkdir "$work/real" "$work/here"
ln -s real "$work/link"
ln -s nothing "$work/dangling"
runs $score --images "$work/a" --out-dir "$work/link"
is "$work/real" a || die "through a link"
[ -L "$work/link" ] || die "the link is gone"
top=$PWD
(cd "$work/here" && "$top/$dlc" score --encoder "$top/$encoder" --schedule list:0,0.5 --quiet --images "$work/a" \
    --out-dir .) || die "to '.'"
is "$work/here" a || die "to '.'"
runs $score --images "$work/a" --out-dir "$work/slashes///"
is "$work/slashes" a || die "with slashes at the end"
runs $score --images "$work/a" --out-dir "$work/a/run" # what is not there yet is no class
is "$work/a/run" a || die "inside the images"
rm -r "$work/a/run"
mkdir "$work/mounted"
if mount -t tmpfs -o size=1m dlc-test "$work/mounted" 2>/dev/null; then
    trap 'umount "$work/mounted"; rm -rf "$work"' EXIT
    runs $score --images "$work/a" --out-dir "$work/mounted"
    is "$work/mounted" a || die "to a mounted file system"
    runs $score --images "$work/b" --out-dir "$work/mounted" --observe margin
    is "$work/mounted" b || die "to a mounted file system, again"
    umount "$work/mounted"
    trap 'rm -rf "$work"' EXIT
else
    echo "no right to mount a file system: a RUN that is one was not tried"
fi
# What would fail at the end fails before the work.
fails 1 "dangling: No such file" $score --images missing --out-dir "$work/dangling"
printf x >"$work/file"
fails 1 "file: Not a directory" $score --images missing --out-dir "$work/file"
cp -r "$work/run_a" "$work/blocked"
rm "$work/blocked/run.json"
mkdir "$work/blocked/run.json"
fails 1 "blocked/run.json: Is a directory" $score --images missing --out-dir "$work/blocked"

# ---- A run in the place of another ----

printf 'a note' >"$work/real/note.txt"
runs $score --images "$work/b" --out-dir "$work/real" --observe margin
is "$work/real" b || die "a run in the place of another"
[ "$(cat "$work/real/note.txt")" = "a note" ] || die "another file in RUN is gone"
for round in $(seq 30); do
    "$dlc" $score --images "$work/a" --out-dir "$work/real" &
    other=$!
    "$dlc" $score --images "$work/b" --out-dir "$work/real" --observe margin || die "the second of two"
    wait $other || die "the first of two"
    is "$work/real" a 2>/dev/null >&2 || is "$work/real" b || die "two at once: files of two runs"
done
checks=$((checks + 30))
# As a kill between two renames leaves it.
rm "$work/real/run.json"
fails 1 "run.json is missing" select --run "$work/real" --keep 0.5 --out "$work/out/i.npy"
fails 1 "run.json" report "$work/real" --out "$work/out/r.html"

# ---- Outputs that are inputs ----

golden=test/golden/a
cp $golden/features.npy "$work/f.npy"
cp $golden/labels.npy "$work/y.npy"
cp $golden/score.npy "$work/s.npy"
cp $golden/loss_curves.npy "$work/l.npy"
ln "$work/s.npy" "$work/hard.npy"
ln -s s.npy "$work/soft.npy"
seq 300 >"$work/in.jsonl"
cp $encoder "$work/w.safetensors"
(cd "$work" && cat f.npy y.npy s.npy l.npy in.jsonl w.safetensors run_a/*) >"$work/before"
out=$work/out/o.npy
select="select --scores $work/s.npy --keep 0.5"
fails 2 "--out is the file that --features reads" score --features "$work/f.npy" --labels "$work/y.npy" \
    --out "$work/f.npy"
fails 2 "--curves is the file that --labels reads" score --features "$work/f.npy" --labels "$work/y.npy" --out "$out" \
    --curves "$work/./y.npy"
fails 2 "--out is the file that --losses reads" score --losses "$work/l.npy" --out "$work/l.npy"
fails 2 "--out and --curves are the same file" score --features "$work/f.npy" --labels "$work/y.npy" --out "$out" \
    --curves "$work/out/../out/o.npy"
fails 2 "--out is the file that --scores reads" $select --out "$work/hard.npy"
fails 2 "--out is the file that --scores reads" $select --out "$work/soft.npy"
fails 2 "--indices is the file that --jsonl reads" $select --jsonl "$work/in.jsonl" --out "$out" \
    --indices "$work/in.jsonl"
fails 2 "--out and --indices are the same file" $select --jsonl "$work/in.jsonl" --out "$out" --indices "$out"
fails 2 "--out and --list are the same file" select --run "$work/run_a" --keep 0.5 --out "$out" --list "$out"
fails 2 "--out is labels.npy of the run" select --run "$work/run_a" --keep 0.5 --out "$work/run_a/labels.npy"
fails 2 "--list is samples.txt of the run" select --run "$work/run_a/" --keep 0.5 --out "$out" \
    --list "$work/run_a/samples.txt"
fails 2 "--out is run.json of the run" report "$work/run_a" --out "$work/run_a/run.json"
fails 2 "--out is the file that --select reads" report "$work/run_a" --select "$work/y.npy" --out "$work/y.npy"
fails 2 "--out is the file that --weights reads" mask --weights "$work/w.safetensors" --level 3 \
    --out "$work/w.safetensors"
(cd "$work" && cat f.npy y.npy s.npy l.npy in.jsonl w.safetensors run_a/*) | cmp - "$work/before" ||
    die "an input is changed"
fails 1 ": No such file" select --run "$work/run_a" --keep 0.5 --out "$out" --list "" # of two outputs, none is left
runs $select --out "$work/out/s.npy" # a name that an input has elsewhere
echo "$checks checks"
