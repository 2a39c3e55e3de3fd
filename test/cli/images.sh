# images.sh - `dlc score --encoder --images` on small class folders: what is in RUN, G2 (threads, batches), G4, broken input.
. test/support/cli.sh

encoder=examples/demo/fashion_resnet.safetensors
"$PYTHON" - "$work" <<'PYTHON' || die "the images cannot be made"
import struct, sys, zlib
import numpy as np
work = sys.argv[1]

def png(path, pixels):
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 8, 0, 0, 0, 0)
    open(path, "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
                           + chunk(b"IEND", b""))

import os
rng = np.random.default_rng(3)
for folder, count in (("images/bright", 11), ("images/dark", 6), ("images/mixed", 1)):
    os.makedirs(f"{work}/{folder}")
    for i in range(count):
        png(f"{work}/{folder}/{i:02}.png", rng.integers(0, 256, (28, 28)).astype(np.uint8) >> ("dark" in folder))
for name, pixels in (("sizes", np.zeros((27, 28), np.uint8)), ("broken", None)):
    os.makedirs(f"{work}/{name}/one")
    png(f"{work}/{name}/one/0.png", np.zeros((28, 28), np.uint8))
    if pixels is None:
        data = open(f"{work}/{name}/one/0.png", "rb").read()
        open(f"{work}/{name}/one/1.png", "wb").write(data[:len(data) // 2])
    else:
        png(f"{work}/{name}/one/1.png", pixels)
os.makedirs(f"{work}/empty/one")
os.makedirs(f"{work}/nothing")
PYTHON

runs score --encoder $encoder --images "$work/images" --out-dir "$work/run" --schedule geometric:0.1x5
for variant in "--threads 1" "--threads 3 --batch 7" "--batch 1" "--batch 1000 --quiet"; do
    runs score --encoder $encoder --images "$work/images" --out-dir "$work/other" --schedule geometric:0.1x5 $variant
    for file in scores.npy curves.npy labels.npy samples.txt; do
        cmp "$work/run/$file" "$work/other/$file" || die "G2: $variant changes $file"
    done
done
[ "$(ls "$work/run" | tr '\n' ' ')" = "correct.npy curves.npy labels.npy run.json samples.txt scores.npy " ] || die "RUN: $(ls "$work/run")"
runs select --run "$work/run" --keep 0.5 --out "$work/pick.npy" --list "$work/pick.txt"
python <<'PYTHON'
import json, sys
import numpy as np
work = sys.argv[1]
scores, curves, labels = (np.load(f"{work}/run/{name}.npy") for name in ("scores", "curves", "labels"))
assert scores.dtype == curves.dtype == np.float32 and labels.dtype == np.int64
assert curves.shape == (5, 18) and labels.tolist() == [0] * 11 + [1] * 6 + [2]
assert np.abs(curves.mean(axis=0, dtype=np.float64) - scores).max() < 1e-6
paths = open(f"{work}/run/samples.txt").read().splitlines()
assert paths == [f"bright/{i:02}.png" for i in range(11)] + [f"dark/{i:02}.png" for i in range(6)] + ["mixed/00.png"]
run = json.load(open(f"{work}/run/run.json"))
assert [(c["name"], c["samples"]) for c in run["images"]["classes"]] == [("bright", 11), ("dark", 6), ("mixed", 1)]
assert len(run["masking"]["levels"]) == 5 and run["masking"]["schedule"] == "geometric:0.1x5"
assert run["levels used"] == [0, 1, 2, 3, 4] and run["automatic"] is None and run["images"]["skipped"] == []
assert run["warnings"] == ["class mixed has one sample"] and run["encoder"]["weights"].startswith("xxh3-128:")
assert run["images"]["transform"] == {"size": 0, "crop": 0, "interpolation": "bilinear", "mean": [0.0], "std": [1.0]}
correct = np.load(f"{work}/run/correct.npy")
assert correct.dtype == np.int32 and correct.shape == (18,) and correct.min() >= 0 and correct.max() <= 5
assert len(run["masking"]["tensors"]) == 9 and all(seconds >= 0 for seconds in run["timings"].values())
pick = np.load(f"{work}/pick.npy")
assert len(pick) == 9 and (np.diff(pick) > 0).all()
assert open(f"{work}/pick.txt").read().splitlines() == [paths[i] for i in pick]
PYTHON

# Automatic levels: some rows of the whole curves, and the scores that follow from them.
runs score --encoder $encoder --images "$work/images" --out-dir "$work/whole" --memory-limit 20000000
runs score --encoder $encoder --images "$work/images" --out-dir "$work/quick" --schedule auto --agreement 0.5
# Broken images are left out and listed.
cp -r "$work/images" "$work/mended"
head -c 100 "$work/images/dark/00.png" >"$work/mended/dark/01-broken.png"
echo notes >"$work/mended/dark/notes.txt"
runs score --encoder $encoder --images "$work/mended" --out-dir "$work/skipped" --schedule geometric:0.1x5 --skip-broken
cmp "$work/run/scores.npy" "$work/skipped/scores.npy" || die "--skip-broken changes the scores of the others"
# A transform of one's own.
runs score --encoder $encoder --images "$work/images" --out-dir "$work/cropped" --schedule list:0,0.5 --size 32 --crop 24 \
    --mean 0.5 --std 0.25 --interpolation bicubic
# A crop alone, of a model for small images, resizes nothing; and of two schedules the last one counts.
runs score --encoder $encoder --images "$work/images" --out-dir "$work/plain" --schedule auto --schedule list:0,0.5
runs score --encoder $encoder --images "$work/images" --out-dir "$work/crop" --schedule list:0,0.5 --crop 28
cmp "$work/plain/scores.npy" "$work/crop/scores.npy" || die "a crop to the images' own size changes the scores"
runs score --encoder $encoder --images "$work/images" --out-dir "$work/last" --schedule list:0,0.5 --schedule auto \
    --agreement 0.5
cmp "$work/quick/scores.npy" "$work/last/scores.npy" || die "automatic levels of a schedule given before"
python <<'PYTHON'
import json, sys
import numpy as np
work = sys.argv[1]
quick, skipped, cropped = (json.load(open(f"{work}/{name}/run.json")) for name in ("quick", "skipped", "cropped"))
used = quick["levels used"]
assert used[0] == 0 and used[-1] == 49 and len(used) < 50 and used == sorted(used)
curves = np.load(f"{work}/whole/curves.npy")[used]
assert (np.load(f"{work}/quick/curves.npy") == curves).all()
integral = np.trapz(curves.astype(np.float64), used, axis=0) / 49
assert np.abs(np.load(f"{work}/quick/scores.npy") - integral).max() < 1e-6
rounds = quick["automatic"]["rounds"]
assert [r["levels"] for r in rounds] == [2, 3, 5, 9, 17, 33][:len(rounds)] and rounds[-1]["spearman"] >= 0.5
assert [(s["path"], s["reason"]) for s in skipped["images"]["skipped"]][1:] == [("dark/notes.txt", "not an image file")]
assert skipped["images"]["skipped"][0]["path"] == "dark/01-broken.png"
assert cropped["images"]["height"] == cropped["images"]["width"] == 24
assert cropped["images"]["transform"] == {"size": 32, "crop": 24, "interpolation": "bicubic", "mean": [0.5],
                                          "std": [0.25]}
PYTHON

run=$work/out/run
fails 1 "no-such" score --encoder "$work/no-such" --images "$work/images" --out-dir "$run"
fails 1 "no-such" score --encoder $encoder --images "$work/no-such" --out-dir "$run"
fails 1 "nothing" score --encoder $encoder --images "$work/nothing" --out-dir "$run"
fails 1 "one" score --encoder $encoder --images "$work/empty" --out-dir "$run"
fails 1 "1.png" score --encoder $encoder --images "$work/sizes" --out-dir "$run"
fails 1 "1.png" score --encoder $encoder --images "$work/broken" --out-dir "$run"
fails 1 "missing" score --encoder $encoder --images "$work/images" --out-dir "$work/missing/run"
fails 1 "limit" score --encoder $encoder --images "$work/images" --out-dir "$run" --memory-limit 20000
touch "$work/out/file"
fails 1 "out/file" score --encoder $encoder --images "$work/images" --out-dir "$work/out/file"
echo "$checks checks"
