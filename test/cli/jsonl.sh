# jsonl.sh - `dlc select` without labels, and --jsonl: the chosen lines byte for byte, in either order; what it refuses.
. test/support/cli.sh

python <<'PYTHON'
import json
import sys
import numpy as np
work = sys.argv[1]
rng = np.random.default_rng(4)
n = 1000
scores = rng.normal(size=n).astype(np.float32)
np.save(f"{work}/s.npy", scores)
np.save(f"{work}/zeros.npy", np.zeros(n, np.int64))
np.save(f"{work}/groups.npy", np.arange(n) % 3)
np.save(f"{work}/ids.npy", rng.permutation(n) * 7 - 500)
# Lines of many lengths, longer than any buffer too; NUL bytes, invalid UTF-8, CRLF, white space around.
lines = [json.dumps({"id": i, "text": "x" * int(rng.integers(0, 300))}).encode() for i in range(n)]
lines[3] = b'{"id": 3, "text": "' + b"y" * 5_000_000 + b'"}'
lines[5] = b"\x00\xff\xfe no JSON at all \x80"
lines[8] = b"  {}\t "
lines = [line + (b"\r\n" if i % 5 == 0 else b"\n") for i, line in enumerate(lines)]
write = lambda name, data: open(f"{work}/{name}", "wb").write(data)
write("all.jsonl", b"".join(lines))
write("unended.jsonl", b"".join(lines)[:-1])
write("short.jsonl", b"".join(lines[:-1]))
write("long.jsonl", b"".join(lines) + b"{}")
write("blank.jsonl", b"".join(lines[:6]) + b"\n" + b"".join(lines[7:]))
write("spaces.jsonl", b"".join(lines[:6]) + b" \t\r\n" + b"".join(lines[7:]))
write("blank-end.jsonl", b"".join(lines) + b"\n")
write("spaces-end.jsonl", b"".join(lines[:-1]) + b"  ")
write("empty.jsonl", b"")
PYTHON
s=$work/s.npy
in=$work/all.jsonl

# One group when there are no labels.
for budget in "exact" "paper" "paper --rng numpy"; do
    runs select --scores "$s" --keep 0.3 --budget $budget --out "$work/none.npy"
    runs select --scores "$s" --labels "$work/zeros.npy" --keep 0.3 --budget $budget --out "$work/zero.npy"
    cmp "$work/none.npy" "$work/zero.npy" || die "no labels are not one group"
done

# Both orders, with and without a newline at the end.
for name in all unended; do
    for order in index pick; do
        runs select --scores "$s" --keep 0.3 --seed 5 --order $order --out "$work/$order.npy"
        runs select --scores "$s" --keep 0.3 --seed 5 --order $order --jsonl "$work/$name.jsonl" \
            --out "$work/$name-$order.jsonl" --indices "$work/$name-$order.npy"
        cmp "$work/$order.npy" "$work/$name-$order.npy" || die "--indices is not what --out is without --jsonl"
        runs select --scores "$s" --keep 1 --order $order --jsonl "$work/$name.jsonl" --out "$work/$name-$order-whole.jsonl" \
            --indices "$work/$name-$order-whole.npy"
    done
done
runs select --scores "$s" --labels "$work/groups.npy" --ids "$work/ids.npy" --count 1 --jsonl "$in" --out "$work/one.jsonl" \
    --indices "$work/one.npy"
cmp "$work/unended-index-whole.jsonl" "$work/unended.jsonl" || die "a whole selection in order of index is not the file"
python <<'PYTHON'
import sys
import numpy as np
work = sys.argv[1]
data = open(f"{work}/all.jsonl", "rb").read().split(b"\n")[:-1]
for name in ("all-index", "all-pick", "unended-index", "unended-pick", "one", "all-pick-whole", "unended-pick-whole",
             "all-index-whole"):
    indices = np.load(f"{work}/{name}.npy")
    want = b"".join(data[i] + b"\n" for i in indices)
    if name.startswith("unended") and indices[-1] == len(data) - 1:
        want = want[:-1]
    assert open(f"{work}/{name}.jsonl", "rb").read() == want, name
    assert (indices[:-1] < indices[1:]).all() == ("pick" not in name), name
whole = np.load(f"{work}/unended-pick-whole.npy")
assert sorted(whole) == list(range(1000)) and whole[-1] != 999  # the unended line lies within
assert len(np.load(f"{work}/one.npy")) == 1
PYTHON

# The rows of a RUN folder may have lines of their own, too.
mkdir "$work/run"
cp "$s" "$work/run/scores.npy"
cp "$work/groups.npy" "$work/run/labels.npy"
runs select --run "$work/run" --count 9 --jsonl "$in" --out "$work/of-run.jsonl"
[ "$(wc -l <"$work/of-run.jsonl")" -eq 9 ] || die "--run with --jsonl"

mkdir "$work/out"
out=$work/out/o.jsonl
echo "was there" >"$out"
select="select --scores $s --keep 0.5 --out $out"
fails 1 "short.jsonl has 999 lines, $s 1000 scores" $select --jsonl "$work/short.jsonl"
fails 1 "long.jsonl has 1001 lines, $s 1000 scores" $select --jsonl "$work/long.jsonl"
fails 1 "empty.jsonl has 0 lines" $select --jsonl "$work/empty.jsonl"
fails 1 "blank.jsonl: line 7 is empty" $select --jsonl "$work/blank.jsonl"
fails 1 "spaces.jsonl: line 7 is empty" $select --jsonl "$work/spaces.jsonl"
fails 1 "blank-end.jsonl: line 1001 is empty" $select --jsonl "$work/blank-end.jsonl"
fails 1 "spaces-end.jsonl: line 1000 is empty" $select --jsonl "$work/spaces-end.jsonl"
fails 1 "missing.jsonl: No such file" $select --jsonl "$work/missing.jsonl"
fails 1 "out: not a regular file" $select --jsonl "$work/out"
mkfifo "$work/fifo"
fails 1 "fifo: not a regular file" $select --jsonl "$work/fifo"
fails 1 "/dev/full: not a regular file" select --scores "$s" --keep 0.5 --jsonl "$in" --out /dev/full
fails 1 "missing/i.npy" $select --jsonl "$in" --indices "$work/missing/i.npy"
fails 2 "--indices needs --jsonl" $select --indices "$work/out/i.npy"
ln -s "$in" "$work/link.jsonl"
fails 2 "--out is the file that --jsonl reads" select --scores "$s" --keep 0.5 --jsonl "$in" --out "$work/link.jsonl"
fails 2 "--scores or --run" select --labels "$work/zeros.npy" --keep 0.5 --out "$out"
[ "$(cat "$out")" = "was there" ] || die "a failed command has changed its output"
echo "$checks checks"
