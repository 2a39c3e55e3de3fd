# golden.sh - the command on the golden data: curves, scores and every published subset, index for index.
. test/support/cli.sh

for case in a b; do
    golden=test/golden/$case
    for observe in loss correct; do
        runs score --features $golden/features.npy --labels $golden/labels.npy --observe $observe \
            --out "$work/$observe.npy" --curves "$work/$observe-curves.npy"
    done
    runs score --features $golden/features.npy --labels $golden/labels.npy --centroids $golden/centroids.npy \
        --out "$work/given.npy"
    runs score --losses $golden/loss_curves.npy --out "$work/losses.npy"
    python $golden <<'PYTHON'
import sys
import numpy as np
work, golden = sys.argv[1:]
load = lambda name: np.load(f"{work}/{name}.npy")
want = lambda name: np.load(f"{golden}/{name}.npy")
assert load("loss").dtype == np.float32 and load("loss-curves").dtype == np.float32
assert np.abs(load("loss-curves") - want("loss_curves")).max() <= 2e-6
assert (load("correct-curves") == want("correct_curves")).all()
assert np.abs(load("loss") - want("score")).max() <= 1e-6
assert np.abs(load("correct") - (1 - want("correct_curves").mean(axis=0))).max() <= 1e-6
assert np.abs(load("given") - want("score")).max() <= 1e-6
assert np.abs(load("losses") - want("loss_curves").mean(axis=0, dtype=np.float64)).max() <= 1e-6
PYTHON
    "$PYTHON" -c '
import json, re, sys
for name in json.load(open(sys.argv[1]))["subsets"]:
    print(*re.fullmatch("gamma(.*)_keep(.*)_seed(.*)", name).groups())' $golden/golden.json >"$work/cases"
    while read -r gamma keep seed; do
        runs select --scores $golden/score.npy --labels $golden/labels.npy --gamma $gamma --keep $keep --seed $seed \
            --budget paper --rng numpy --out "$work/gamma${gamma}_keep${keep}_seed$seed.npy"
    done <"$work/cases"
    python $golden <<'PYTHON'
import json, sys
import numpy as np
work, golden = sys.argv[1:]
subsets = json.load(open(f"{golden}/golden.json"))["subsets"]
for name, indices in subsets.items():
    got = np.load(f"{work}/{name}.npy")
    assert got.dtype == np.int64 and got.tolist() == indices, name
PYTHON
done
echo "$checks checks"
