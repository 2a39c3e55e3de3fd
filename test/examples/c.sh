# c.sh - every C example builds against the installed library as its first comment says, and computes what NumPy, PyTorch
# or Pillow compute.
. test/support/installed.sh

c() {
    builds "examples/$1.c" "${CC:-cc}" -std=c11
}

# A model over BLAS: the subset has the size asked for, and the scores of the twin.
if [ "${WITH_ENCODER:-1}" != 0 ]; then # else BLAS need not be there
c minimal
ends 0 minimal
cp "$work/stdout" "$work/minimal.txt"
python <<'PYTHON'
import sys
import numpy as np
import twin
rows = [line.split("\t") for line in open(f"{sys.argv[1]}/minimal.txt")]
values = twin.noise(300 * 8 + 32 * 8 + 16 * 32)
labels = np.arange(300) % 3
inputs = values[:2400].reshape(300, 8) + (np.arange(8) % 3 == labels[:, None])
w1, w2 = values[2400:2656].reshape(32, 8), values[2656:].reshape(16, 32)
features = [np.maximum(inputs @ a.T, 0) @ b.T for _, _, (a, b) in twin.masked([w1, w2], 0.02, 50)]
scores = twin.scores(features, labels)
indices = [int(row[0]) for row in rows]
assert len(rows) == 90 and indices == sorted(set(indices))
assert all(int(row[1]) == labels[int(row[0])] for row in rows)
off = max(abs(float(row[2]) - scores[int(row[0])]) for row in rows)
assert off <= 1e-5, off
assert all(25 <= sum(label == c for label in labels[indices]) <= 35 for c in range(3))
PYTHON
fi

# Progress on a terminal alone; cancelled by the clock and by Ctrl-C.
c progress_cancel
ends 0 progress_cancel
prints "finished"
prints "weights intact"
[ -s "$work/stderr" ] && die "progress_cancel: progress without a terminal"
ends 130 progress_cancel 0.01
prints "cancelled"
prints "weights intact"
checks=$((checks + 2))
"$PYTHON" test/examples/terminal.py 0 "$work/progress_cancel" >"$work/stdout" || die "progress_cancel fails on a terminal"
prints "level 50 of 50, 100 %"
for try in 1 2 3 4 5 6 7 8 9 10; do # on a busy machine the run can be over before the key is typed
    "$PYTHON" test/examples/terminal.py 0.001 "$work/progress_cancel" >"$work/stdout"
    ended=$?
    [ "$ended" -eq 130 ] && break
done
[ "$ended" -eq 130 ] || die "progress_cancel: Ctrl-C: $(cat "$work/stdout")"
prints "cancelled"
prints "weights intact"

# An allocator's own count, against the estimate and the limits.
c allocator
ends 0 allocator
cp "$work/stdout" "$work/allocator.txt"
python <<'PYTHON'
import re, sys
text = open(f"{sys.argv[1]}/allocator.txt").read()
estimate = int(re.search(r"estimate: (\d+) bytes", text)[1])
lines = dict(re.findall(r"^(.*?): (DLC_\w+).* bytes held", text, re.M))
assert lines == {"limit 100000": "DLC_ERROR_LIMIT", "no limit": "DLC_OK", "budget of 30000": "DLC_ERROR_MEMORY",
                 "no budget": "DLC_OK"}, lines
peaks = [int(peak) for peak in re.findall(r"(\d+) at most", text)]
assert peaks[0] < 100000 < peaks[-1] <= estimate <= 1.2 * peaks[-1], (peaks, estimate)
assert text.count("weights intact") == 2 and "changed" not in text
assert text.endswith("in the end: 0 bytes held\n")
PYTHON

# Thresholds and ties: kept counts, thresholds and the number masked in each tensor.
c mask_thresholds
ends 0 mask_thresholds
cp "$work/stdout" "$work/mask.txt"
python <<'PYTHON'
import sys
import numpy as np
import twin
values = twin.noise(10000, shift=24)
weights = [values[:6000], values[6000:]]
rows = [line.split() for line in open(f"{sys.argv[1]}/mask.txt")]
assert len(rows) == 10
for row, (kept, threshold, left) in zip(rows, twin.masked(weights, 0.1, 10)):
    assert int(row[1]) == kept and float(row[3]) == threshold
    for ties, w, m in zip(row[4:], weights, left):
        equal = np.flatnonzero(np.abs(w) == threshold)
        gone = equal[m[equal] == 0] if threshold else []
        assert len(gone) == int(ties) and list(gone) == list(equal[:len(gone)])
assert any(row[4] != "0" and row[5] != "0" for row in rows)
PYTHON

# A loop of one's own, in shuffled order.
c score_loop
for case in a b; do
    ends 0 score_loop test/golden/$case/features.npy test/golden/$case/labels.npy "$work/scores.npy"
    python test/golden/$case/score.npy <<'PYTHON'
import sys
import numpy as np
got, want = np.load(f"{sys.argv[1]}/scores.npy"), np.load(sys.argv[2])
assert got.dtype == np.float32 and got.shape == want.shape and np.abs(got - want).max() <= 1e-6
PYTHON
done
ends 1 score_loop test/golden/a/labels.npy test/golden/a/labels.npy "$work/none.npy"
[ -e "$work/none.npy" ] && die "score_loop writes scores of nothing"

# Losses of response tokens.
c response_losses
ends 0 response_losses
cp "$work/stdout" "$work/responses.txt"
python <<'PYTHON'
import re, sys
import numpy as np
import twin
source = open("examples/response_losses.c").read()
ids, response = (np.array([[int(x) for x in row.split(",")] for row in re.findall(r"\{(\d[\d, ]*)\},", block)])
                 for block in re.findall(r"= \{\n(.*?)\n\};", source, re.S))
logits = 8 * twin.noise(4 * 12 * 50).reshape(4, 12, 50).astype(np.float64)[:, :-1]
token_losses = np.log(np.exp(logits).sum(axis=2)) - np.take_along_axis(logits, ids[:, 1:, None], axis=2)[:, :, 0]
rows = [line.split() for line in open(f"{sys.argv[1]}/responses.txt")]
for (count, loss), losses, counts in zip(rows, token_losses, response[:, 1:]):
    assert int(count) == counts.sum()
    assert abs(float(loss) - (losses[counts == 1].mean() if counts.any() else 0)) <= 1e-5
assert [int(row[0]) for row in rows] == [3, 5, 8, 0]
PYTHON

# Stable ids: exact, nested, independent of the order, every class in.
c flexrand_ids
"$PYTHON" - "$work" <<'PYTHON' || die "the table cannot be made"
import random, sys
rows = [f"photo-{i:03}.jpg {i * i % 7} {i * 37 % 100 / 100}" for i in range(200)]
for name in "in_order", "shuffled":
    open(f"{sys.argv[1]}/{name}.txt", "w").write("\n".join(rows) + "\n")
    random.Random(5).shuffle(rows)
PYTHON
for keep in 0.05 0.1 0.3 1; do
    for order in in_order shuffled; do
        ends 0 flexrand_ids $keep <"$work/$order.txt"
        cp "$work/stdout" "$work/$order-$keep.txt"
    done
    cmp "$work/in_order-$keep.txt" "$work/shuffled-$keep.txt" || die "flexrand_ids: the order of the table matters"
done
python <<'PYTHON'
import sys
names = {keep: open(f"{sys.argv[1]}/in_order-{keep}.txt").read().split() for keep in ("0.05", "0.1", "0.3", "1")}
assert [len(picked) for picked in names.values()] == [10, 20, 60, 200]
picks = list(names.values())
assert all(large[:len(small)] == small for small, large in zip(picks, picks[1:]))
assert {int(name[6:9]) ** 2 % 7 for name in names["0.05"]} == {i * i % 7 for i in range(7)}
PYTHON

# Files, read back by NumPy.
c files
ends 0 files examples/demo/fashion_resnet.safetensors "$work/half.safetensors" "$work/largest.npy"
prints "read back: the same"
cp "$work/stdout" "$work/files.txt"
python examples/demo/fashion_resnet.safetensors <<'PYTHON'
import sys
import numpy as np
import twin
work, path = sys.argv[1:]
before, after = twin.read_safetensors(path), twin.read_safetensors(f"{work}/half.safetensors")
convolutions = {name for name, w in before.items() if w.ndim == 4}
lines = [line.rstrip("\n").split("\t") for line in open(f"{work}/files.txt")][:-1]
assert {line[0] for line in lines if line[3] == "masked"} == convolutions
assert before.keys() == after.keys() == {line[0] for line in lines if line[1] == "F32"}
for name in before:
    assert (after[name] == before[name] * np.float32(0.5 if name in convolutions else 1)).all(), name
    assert str(list(before[name].shape)) == next(line[2] for line in lines if line[0] == name)
largest = dict(zip((line[0] for line in lines), np.load(f"{work}/largest.npy")))
assert all(largest[name] == np.abs(before[name]).max() for name in before)
PYTHON

# Class folders to features: pixels as Pillow reads them, the network as NumPy computes it.
if [ "${WITH_IMAGE:-1}" != 0 ] && [ "${WITH_ENCODER:-1}" != 0 ]; then
c image_features
ends 0 image_features examples/demo/fashion_resnet.safetensors test/golden/files/png "$work/features.npy"
cp "$work/stdout" "$work/images.txt"
python examples/demo/fashion_resnet.safetensors test/golden/files <<'PYTHON'
import os, sys
import numpy as np
import twin
work, path, files = sys.argv[1:]
features = np.load(f"{work}/features.npy")
want = twin.resnet(twin.read_safetensors(path), np.load(f"{files}/pillow_grey.npy") / 255)
assert features.dtype == np.float32 and features.shape == want.shape == (39, 64)
assert np.abs(features - want).max() <= 1e-4 * want.std(), np.abs(features - want).max() / want.std()
classes = sorted(os.listdir(f"{files}/png"))
lines = [line.rstrip("\n").split("\t") for line in open(f"{work}/images.txt")]
assert [line[1] for line in lines] == [f"{c}/{name}" for c in classes for name in sorted(os.listdir(f"{files}/png/{c}"))]
assert all(classes[int(line[0])] == line[1].split("/")[0] for line in lines)
PYTHON
fi

# Nothing in examples/ goes untested.
for example in examples/*.c examples/cpp/*.cpp; do
    name=$(basename "${example%.*}")
    grep -q "\b$name\b" test/examples/*.sh || die "$example has no test in test/examples"
done
echo "$checks checks"
