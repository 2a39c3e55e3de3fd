# mask.sh - `dlc mask` on the golden weights: every level's file and the plan against NumPy.
. test/support/cli.sh

python <<'PYTHON'
import json, struct, sys
import numpy as np
work = sys.argv[1]

def save(path, tensors, metadata=None):
    header, data = ({"__metadata__": metadata} if metadata else {}), b""
    for name, (dtype, array) in tensors.items():
        header[name] = {"dtype": dtype, "shape": list(array.shape),
                        "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + data)

for case in "ab":
    w1, w2 = (np.load(f"test/golden/{case}/{name}.npy") for name in ("w1", "w2"))
    save(f"{work}/{case}.safetensors", {"w1": ("F32", w1), "bias": ("F32", w1[0]), "w2": ("F32", w2),
                                        "count": ("I64", np.array(3, np.int64))}, {"made": "by a test"})
save(f"{work}/nan.safetensors", {"w": ("F32", np.array([[1, np.nan], [0, 2]], np.float32))})
save(f"{work}/biases.safetensors", {"b": ("F32", np.zeros(3, np.float32))})
PYTHON

level=0
while [ $level -lt 50 ]; do
    runs mask --weights "$work/a.safetensors" --level $level --out "$work/a-$level.safetensors"
    level=$((level + 1))
done
level=0
while [ $level -lt 20 ]; do
    runs mask --weights "$work/b.safetensors" --schedule geometric:0.1x20 --level $level --out "$work/b-$level.safetensors"
    level=$((level + 1))
done
runs mask --weights "$work/a.safetensors" --plan --json
cp "$work/stdout" "$work/plan.json"
runs mask --weights "$work/a.safetensors" --plan
cp "$work/stdout" "$work/plan.txt"
runs mask --weights "$work/a.safetensors" --schedule list:0,0.5 --include 'b*' --level 1 --out "$work/bias.safetensors"
runs mask --weights "$work/a.safetensors" --schedule list:1 --exclude w1 --level 0 --out "$work/w2.safetensors"
runs mask --weights "$work/a.safetensors" --criterion random --seed 5 --level 20 --out "$work/random.safetensors"
runs mask --weights "$work/a.safetensors" --criterion random --seed 5 --plan --json

python <<'PYTHON'
import json, struct, sys
import numpy as np
work = sys.argv[1]

def load(path):
    raw = open(path, "rb").read()
    size = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:8 + size])
    dtypes = {"F32": np.float32, "I64": np.int64}
    return raw[:8 + size], {
        name: np.frombuffer(raw[8 + size:][slice(*info["data_offsets"])], dtypes[info["dtype"]]).reshape(info["shape"])
        for name, info in header.items() if name != "__metadata__"}

for case, levels in (("a", 50), ("b", 20)):
    header, original = load(f"{work}/{case}.safetensors")
    kept = np.load(f"test/golden/{case}/kept.npy")
    magnitudes = np.concatenate([np.abs(original[name]).ravel() for name in ("w1", "w2")])
    order = np.argsort(magnitudes, kind="stable")  # ties: tensor, index
    for level in range(levels):
        got_header, got = load(f"{work}/{case}-{level}.safetensors")
        assert got_header == header
        flat = np.concatenate([original[name].ravel() for name in ("w1", "w2")]).copy()
        flat[order[:len(flat) - kept[level].sum()]] = 0
        assert (np.concatenate([got["w1"].ravel(), got["w2"].ravel()]) == flat).all()
        assert [(got[name] != 0).sum() for name in ("w1", "w2")] == kept[level].tolist()
        assert (got["bias"] == original["bias"]).all() and got["count"] == 3
        if case == "a" and level > 0:
            assert np.isclose(json.load(open(f"{work}/plan.json"))["levels"][level]["threshold"],
                              magnitudes[order[len(flat) - kept[level].sum() - 1]], rtol=0, atol=0)

plan = json.load(open(f"{work}/plan.json"))
kept = np.load("test/golden/a/kept.npy").sum(axis=1)
assert [level["kept"] for level in plan["levels"]] == kept.tolist()
assert [tensor["name"] for tensor in plan["tensors"]] == ["w1", "w2"]
rows = [line.split() for line in open(f"{work}/plan.txt") if not line.startswith("#")]
assert rows[0] == ["level", "kept", "capacity", "threshold"]
assert [int(row[1]) for row in rows[1:]] == kept.tolist()

_, original = load(f"{work}/a.safetensors")
_, bias = load(f"{work}/bias.safetensors")
assert (bias["bias"] == 0).sum() == 12 and (bias["w1"] == original["w1"]).all()
_, w2 = load(f"{work}/w2.safetensors")
assert (w2["w2"] == 0).all() and (w2["w1"] == original["w1"]).all()
_, random = load(f"{work}/random.safetensors")
assert sum((random[name] != 0).sum() for name in ("w1", "w2")) == kept[20]
PYTHON

a=$work/a.safetensors
out=$work/out/m.safetensors
fails 1 "no-such-file" mask --weights "$work/no-such-file" --plan
fails 1 "labels.npy" mask --weights test/golden/a/labels.npy --plan
fails 1 "50" mask --weights "$a" --level 50 --out "$out"
fails 1 "no tensor matches --include 'x*'" mask --weights "$a" --include 'x*' --plan
fails 1 "no tensor matches --exclude 'y'" mask --weights "$a" --exclude y --plan
fails 1 "nan.safetensors" mask --weights "$work/nan.safetensors" --plan
fails 1 "biases.safetensors" mask --weights "$work/biases.safetensors" --plan
fails 1 "missing-folder" mask --weights "$a" --level 1 --out "$work/missing-folder/m.safetensors"
fails 2 "--schedule" mask --weights "$a" --schedule geometric:2x3 --plan
fails 2 "--schedule" mask --weights "$a" --schedule soon --plan
fails 2 "--weights is missing" mask --plan
fails 2 "--level" mask --weights "$a"
fails 2 "--criterion l2" mask --weights "$a" --criterion l2 --plan
fails 2 "--level -1" mask --weights "$a" --level -1 --out "$out"
fails 2 "--json" mask --weights "$a" --level 1 --out "$out" --json
echo "$checks checks"
