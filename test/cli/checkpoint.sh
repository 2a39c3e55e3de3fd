# checkpoint.sh - `dlc score --checkpoint`: G5 after signals and kill -9, what is refused; G4 when a run is interrupted, the
# disk is full, an input vanishes or nobody reads standard output.
. test/support/cli.sh

encoder=examples/demo/fashion_resnet.safetensors
"$PYTHON" - "$work" <<'PYTHON' || die "the images cannot be made"
import os, struct, sys, zlib
import numpy as np
work = sys.argv[1]

def png(path, pixels):
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 8, 0, 0, 0, 0)
    open(path, "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 1))
                           + chunk(b"IEND", b""))

rng = np.random.default_rng(3)
for name, count in (("bright", 250), ("dark", 150)):
    os.makedirs(f"{work}/images/{name}")
    for i in range(count):
        png(f"{work}/images/{name}/{i:03}.png", rng.integers(0, 256, (28, 28)).astype(np.uint8) >> (name == "dark"))
# A weight file that differs in one number of a tensor that is never masked.
weights = bytearray(open("examples/demo/fashion_resnet.safetensors", "rb").read())
import json
size = struct.unpack("<Q", weights[:8])[0]
header = json.loads(weights[8:8 + size])
bias = next(name for name in header if name.endswith("bn1.bias") or name.endswith(".bias"))
weights[8 + size + header[bias]["data_offsets"][0]] ^= 1
open(f"{work}/other.safetensors", "wb").write(weights)
PYTHON
mkdir "$work/out"
ckpt=$work/out/run.ckpt
run=$work/out/run
score="score --encoder $encoder --images $work/images --threads 1 --schedule geometric:0.05x20"

# interrupted STATUS TEXT SIGNAL COUNT ARG...: the run must end with STATUS, and one line with TEXT, when a signal comes
# once the checkpoint was written for the COUNT-th time.
interrupted() {
    checks=$((checks + 1))
    status=$1
    text=$2
    signal=$3
    count=$4
    shift 4
    "$PYTHON" test/support/interrupt.py "$signal" "$count@$ckpt" "$dlc" "$@" >"$work/stdout" 2>"$work/stderr"
    got=$?
    [ "$got" -eq "$status" ] || die "$signal: dlc $*: status $got, not $status: $(cat "$work/stderr")"
    [ "$(wc -l <"$work/stderr")" -eq 1 ] || die "$signal: dlc $*: not one line on standard error: $(cat "$work/stderr")"
    grep -qF -- "$text" "$work/stderr" || die "$signal: dlc $*: '$(cat "$work/stderr")' does not contain '$text'"
    [ -s "$work/stdout" ] && die "$signal: dlc $*: on standard output: $(cat "$work/stdout")"
    return 0
}

# holds NAME...: the folder "$work/out" has these names, and no others.
holds() {
    checks=$((checks + 1))
    [ "$(ls -A "$work/out" | tr '\n' ' ')" = "$*${*:+ }" ] || die "'$*' should be all: $(ls -A "$work/out")"
}

# same FOLDER: the same results as those of the run that was never stopped.
same() {
    for file in scores.npy curves.npy labels.npy correct.npy samples.txt; do
        checks=$((checks + 1))
        cmp "$work/whole/$file" "$1/$file" || die "G5: $file of $1 is another"
    done
}

runs $score --out-dir "$work/whole"
runs $score --out-dir "$run" --checkpoint "$ckpt"
same "$run"
holds run # the checkpoint went when the results were there
rm -r "$run"

# ---- Signals ----

for signal in INT:130 TERM:143 HUP:129; do
    interrupted "${signal#*:}" "dlc: interrupted; the same command goes on from $ckpt" "${signal%:*}" 5 \
        $score --out-dir "$run" --checkpoint "$ckpt"
    holds run.ckpt
    runs $score --out-dir "$run" --checkpoint "$ckpt" --batch 7
    same "$run"
    holds run
    python <<'PYTHON'
import json, sys
run = json.load(open(f"{sys.argv[1]}/out/run/run.json"))
assert run["resumed after"]["passes"] + run["resumed after"]["samples"] > 0
PYTHON
    rm -r "$run"
done
# Again and again, with automatic levels too, and into a folder that is there.
for more in "--observe margin" "--schedule auto --agreement 1 --skip-broken"; do
    runs $score --out-dir "$run-whole" $more
    for i in 1 2 3; do
        interrupted 130 "goes on from" INT 3 $score --out-dir "$run" --checkpoint "$ckpt" $more
    done
    runs $score --out-dir "$run" --checkpoint "$ckpt" $more
    for file in scores.npy curves.npy correct.npy; do
        cmp "$run-whole/$file" "$run/$file" || die "G5: $file is another with $more"
    done
    holds run run-whole
    rm -r "$run-whole"
done
rm -r "$run"

# Without a checkpoint nothing is left; a run that has not begun ends too, and so do the other forms.
for seconds in 0 0.002 0.005 0.01 0.02 0.05 0.1; do # from before main() on
    "$PYTHON" test/support/interrupt.py TERM $seconds "$dlc" $score --out-dir "$run" --skip-broken 2>"$work/stderr"
    [ $? -eq 143 ] || die "TERM after $seconds s: $(cat "$work/stderr")"
    holds
done
"$PYTHON" test/support/interrupt.py INT 1 "$dlc" $score --schedule geometric:0.001x5000 --out-dir "$run" 2>"$work/stderr"
[ $? -eq 130 ] && [ "$(cat "$work/stderr")" = "dlc: interrupted; without --checkpoint the next run starts anew" ] ||
    die "INT: $(cat "$work/stderr")"
holds
# The second signal does not wait.
"$PYTHON" test/support/interrupt.py INT,TERM,INT,TERM 1 "$dlc" $score --schedule geometric:0.001x5000 --out-dir "$run" \
    2>"$work/stderr"
case $? in
130 | 143) ;;
*) die "two signals: $(cat "$work/stderr")" ;;
esac
rm -r "$work/out"
mkdir "$work/out"
python <<'PYTHON'
import sys
import numpy as np
rng = np.random.default_rng(1)
np.save(f"{sys.argv[1]}/f.npy", rng.normal(size=(20, 20000, 64)).astype(np.float32))
np.save(f"{sys.argv[1]}/y.npy", np.arange(20000) % 100)
PYTHON
for seconds in 0.02 0.1 0.2; do
    "$PYTHON" test/support/interrupt.py TERM $seconds "$dlc" score --features "$work/f.npy" --labels "$work/y.npy" \
        --out "$work/out/s.npy" --curves "$work/out/c.npy" --threads 1 2>"$work/stderr"
    got=$?
    [ $got -eq 143 ] || [ $got -eq 0 ] || die "score --features: status $got: $(cat "$work/stderr")"
    [ $got -eq 0 ] && rm "$work/out/s.npy" "$work/out/c.npy"
    holds
done

# ---- kill -9 ----

for count in 1 1 2 5; do
    "$PYTHON" test/support/interrupt.py KILL "$count@$ckpt" "$dlc" $score --out-dir "$run" --checkpoint "$ckpt"
    [ $? -eq 137 ] || die "kill -9 came too late"
    for name in $(ls -A "$work/out"); do
        case $name in
        run.ckpt | .run.tmp-* | .dlc-*.tmp) ;;
        *) die "kill -9: left $name" ;;
        esac
    done
done
runs $score --out-dir "$run" --checkpoint "$ckpt"
same "$run"
rm -r "$work/out"
mkdir "$work/out"

# ---- Refused ----

interrupted 130 "goes on from" INT 4 $score --out-dir "$run" --checkpoint "$ckpt"
cp "$ckpt" "$work/kept.ckpt"
differs="$ckpt is of a run that differs in"
fails 1 "$differs the number of levels: 20, not 12" $score --out-dir "$run" --checkpoint "$ckpt" --schedule geometric:0.05x12
fails 1 "$differs the schedule" $score --out-dir "$run" --checkpoint "$ckpt" --schedule geometric:0.04x20
fails 1 "$differs the criterion: l1, not random" $score --out-dir "$run" --checkpoint "$ckpt" --criterion random
fails 1 "$differs the number of levels: 20, not 50" $score --out-dir "$run" --checkpoint "$ckpt" --schedule auto
fails 1 "$differs the observation: loss, not correct" $score --out-dir "$run" --checkpoint "$ckpt" --observe correct
fails 1 "$differs the number of tensors" $score --out-dir "$run" --checkpoint "$ckpt" --include 'layer1*conv*weight'
fails 1 "$differs '--crop': 0, not 24" $score --out-dir "$run" --checkpoint "$ckpt" --size 0 --crop 24
fails 1 "$differs '--mean': 0, not 0.5" $score --out-dir "$run" --checkpoint "$ckpt" --mean 0.5 --std 1
fails 1 "$differs '--pool': token, not mean" $score --out-dir "$run" --checkpoint "$ckpt" --pool mean
fails 1 "$differs 'encoder'" $score --encoder "$work/other.safetensors" --out-dir "$run" --checkpoint "$ckpt"
for size in 10 1000 $(($(wc -c <"$ckpt") - 1)); do
    head -c $size "$work/kept.ckpt" >"$ckpt"
    fails 1 "damaged" $score --out-dir "$run" --checkpoint "$ckpt"
done
: >"$ckpt"
fails 1 "$ckpt is empty" $score --out-dir "$run" --checkpoint "$ckpt"
echo notes >"$ckpt"
fails 1 "$ckpt is no checkpoint" $score --out-dir "$run" --checkpoint "$ckpt"
cp "$work/kept.ckpt" "$ckpt"
cp "$work/images/dark/007.png" "$work/007.png"
cp -p "$work/images/dark/008.png" "$work/008.png"
touch "$work/images/dark/007.png"
fails 1 "$differs 'images'" $score --out-dir "$run" --checkpoint "$ckpt"
cp -pr "$work/images" "$work/moved"
touch -r "$work/images/dark/008.png" "$work/007.png"
rm "$work/images/dark/007.png"
fails 1 "$differs the number of samples: 400, not 399" $score --out-dir "$run" --checkpoint "$ckpt"
mv "$work/images/dark/149.png" "$work/images/dark/007.png"
fails 1 "$differs the number of samples: 400, not 399" $score --out-dir "$run" --checkpoint "$ckpt"
cp -p "$work/008.png" "$work/images/bright/250.png"
fails 1 "$differs the labels" $score --out-dir "$run" --checkpoint "$ckpt"
fails 1 "missing/run.ckpt: No such file" $score --out-dir "$run" --checkpoint "$work/missing/run.ckpt"
fails 1 "$work/out: it is a folder" $score --out-dir "$run" --checkpoint "$work/out"
# What does not matter may be other; so may the folder's name, as long as the times are kept.
rm -r "$work/images"
mv "$work/moved" "$work/images"
touch -r "$work/007.png" "$work/images/dark/007.png"
cp "$work/kept.ckpt" "$ckpt"
fails 1 "$differs 'images'" $score --out-dir "$run" --checkpoint "$ckpt"
rm "$ckpt"
interrupted 130 "goes on from" INT 4 $score --out-dir "$run" --checkpoint "$ckpt"
mv "$work/images" "$work/moved"
runs score --encoder $encoder --images "$work/moved" --schedule geometric:0.05x20 --threads 3 --batch 33 --seed 5 \
    --memory-limit 100000000 --skip-broken --out-dir "$run" --checkpoint "$ckpt"
mv "$work/moved" "$work/images"
same "$run"
rm -r "$work/out"
mkdir "$work/out"

# ---- Full disks, vanished files, closed pipes ----

# A limit on the size of files stands in for a full disk; a small file system is one.
mkdir "$work/limited"
for size in 1 8 64; do
    (
        ulimit -f $size
        fails 1 "File too large" $score --out-dir "$run" --checkpoint "$work/limited/run.ckpt"
    ) || exit 1
    case $(ls -A "$work/limited") in
    '' | run.ckpt) ;;
    *) die "a full disk: left $(ls -A "$work/limited")" ;;
    esac
done
runs $score --out-dir "$run" --checkpoint "$work/limited/run.ckpt"
same "$run"
rm -r "$run"
mkdir "$work/small"
if mount -t tmpfs -o size=32k dlc-test "$work/small" 2>/dev/null; then
    trap 'umount "$work/small"; rm -rf "$work"' EXIT
    fails 1 "No space left" $score --out-dir "$work/small/run"
    [ -z "$(ls -A "$work/small")" ] || die "a full disk: left $(ls -A "$work/small")"
    fails 1 "No space left" $score --out-dir "$run" --checkpoint "$work/small/run.ckpt"
    [ "$(ls -A "$work/small")" = run.ckpt ] || die "a full disk: left $(ls -A "$work/small")"
    mv "$work/small/run.ckpt" "$ckpt" # as far as it came, it is sound
    runs $score --out-dir "$run" --checkpoint "$ckpt"
    same "$run"
    fails 1 "No space left" score --features "$work/f.npy" --labels "$work/y.npy" --out "$work/small/s.npy"
    mount -o remount,ro "$work/small"
    fails 1 "Read-only file system" $score --out-dir "$work/small/run"
    fails 1 "Read-only file system" $score --out-dir "$run" --checkpoint "$work/small/run.ckpt"
    umount "$work/small"
    trap 'rm -rf "$work"' EXIT
else
    echo "no right to mount a small file system: a full disk was tried with ulimit alone"
fi
rm -rf "$run" "$ckpt"
# Gone between the listing and the first pass over it.
cp -r "$work/images" "$work/going"
"$PYTHON" - "$dlc" "$work" <<'PYTHON' || die "a vanished image"
import os, subprocess, sys, time
dlc, work = sys.argv[1:]
process = subprocess.Popen([dlc, "score", "--encoder", "examples/demo/fashion_resnet.safetensors", "--images",
                            f"{work}/going", "--threads", "1", "--batch", "1", "--out-dir", f"{work}/out/run",
                            "--checkpoint", f"{work}/out/run.ckpt"], stderr=subprocess.PIPE, text=True)
while not os.path.exists(f"{work}/out/run.ckpt"):
    time.sleep(0.001)
os.unlink(f"{work}/going/dark/149.png")
error = process.communicate()[1]
assert process.returncode == 1 and error.count("\n") == 1 and "dark/149.png" in error, (process.returncode, error)
assert os.listdir(f"{work}/out") == ["run.ckpt"], os.listdir(f"{work}/out")
PYTHON
# Nobody reads what is printed.
"$PYTHON" - "$dlc" <<'PYTHON' || die "a closed pipe"
import os, subprocess, sys
dlc = sys.argv[1]
for arguments in (["help"], ["--version"], ["mask", "--weights", "examples/demo/fashion_resnet.safetensors", "--plan"],
                  ["mask", "--weights", "examples/demo/fashion_resnet.safetensors", "--plan", "--json"]):
    for target in ("pipe", "/dev/full"):
        if target == "pipe":
            read, write = os.pipe()
            os.close(read)
        else:
            write = os.open(target, os.O_WRONLY)
        done = subprocess.run([dlc] + arguments, stdout=write, stderr=subprocess.PIPE, text=True)
        os.close(write)
        assert done.returncode == 1 and done.stderr.count("\n") == 1 and "cannot be written" in done.stderr, \
            (arguments, target, done)
PYTHON
echo "$checks checks"
