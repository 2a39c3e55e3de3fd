# usage.sh - wrong uses of the command, and of each stage: the status, and one line that names the thing at fault.
. test/support/cli.sh

"$dlc" 2>"$work/stderr" >"$work/stdout"
[ $? -eq 2 ] || die "dlc alone does not exit with 2"
grep -q '^usage:' "$work/stderr" && [ ! -s "$work/stdout" ] || die "dlc alone does not print its usage on standard error"
runs --version
grep -Eqx 'dlc [0-9]+\.[0-9]+\.[0-9]+' "$work/stdout" || die "--version: $(cat "$work/stdout")"
runs help
grep -q '^usage:' "$work/stdout" || die "dlc help does not print the usage"
runs score --help

python <<'PYTHON'
import sys
import numpy as np
work = sys.argv[1]
rng = np.random.default_rng(1)
f = rng.normal(size=(3, 6, 4)).astype(np.float32)
np.save(f"{work}/f.npy", f)
np.save(f"{work}/y.npy", np.array([0, 0, 1, 1, 0, 1]))
np.save(f"{work}/short.npy", np.array([0, 1]))
np.save(f"{work}/gap.npy", np.array([0, 0, 2, 2, 0, 2]))
np.save(f"{work}/negative.npy", np.array([0, 0, -1, 1, 0, 1]))
np.save(f"{work}/y8.npy", np.array([0, 0, 1, 1, 0, 1], np.uint8))
np.save(f"{work}/y32.npy", np.array([0, 0, 1, 1, 0, 1], np.int32))
np.save(f"{work}/double.npy", f.astype(np.float64))
np.save(f"{work}/flat.npy", f[0])
np.save(f"{work}/m.npy", f[0, :1])
np.save(f"{work}/narrow.npy", f[0, :2, :3])
np.save(f"{work}/s.npy", f[0, :, 0])
np.save(f"{work}/twice.npy", np.array([1, 2, 3, 3, 5, 6]))
f[1, 4, 2] = np.nan
np.save(f"{work}/nan.npy", f)
s = f[0, :, 0].copy()
s[3] = np.nan
np.save(f"{work}/s-nan.npy", s)
open(f"{work}/text.npy", "w").write("these are no numbers")
PYTHON
f=$work/f.npy
y=$work/y.npy
s=$work/s.npy
out=$work/out/o.npy

fails 2 "unknown command 'prune'" prune
fails 2 "--frobnicate" score --frobnicate
fails 2 "unknown flag --feat" score --feat f.npy
fails 2 "unknown flag --label=y.npy" score --label=y.npy
fails 2 "extra" select extra
fails 2 "--keep needs a value" select --keep

fails 2 "score:" score
fails 2 "--labels" score --features "$f" --out "$out"
fails 2 "--losses" score --features "$f" --losses "$f" --labels "$y" --out "$out"
fails 2 "--labels" score --losses "$f" --labels "$y" --out "$out"
fails 2 "--observe sadness" score --features "$f" --labels "$y" --out "$out" --observe sadness
fails 2 "--checkpoint does not go with" score --features "$f" --labels "$y" --out "$out" --checkpoint c
fails 2 "--checkpoint is empty" score --encoder e --images i --out-dir "$work/out/r" --checkpoint ""
fails 2 "--agreement 0" score --encoder e --images i --out-dir "$work/out/r" --schedule auto --agreement 0
fails 2 "--mean 1,2" score --encoder e --images i --out-dir "$work/out/r" --mean 1,2
fails 2 "--mean and --std go together" score --encoder e --images i --out-dir "$work/out/r" --mean 1 --std 1,2,3
fails 2 "--mean and --std go together" score --encoder e --images i --out-dir "$work/out/r" --mean 0.5
fails 2 "--mean and --std go together" score --encoder e --images i --out-dir "$work/out/r" --std 0.5
fails 2 "--std has 0, which" score --encoder e --images i --out-dir "$work/out/r" --mean 1,2,3 --std 1,0,3
fails 2 "--interpolation cubic" score --encoder e --images i --out-dir "$work/out/r" --interpolation cubic
fails 2 "--size -1" score --encoder e --images i --out-dir "$work/out/r" --size -1
fails 2 "--pool max" score --encoder e --images i --out-dir "$work/out/r" --pool max
fails 2 "--crop does not go with" score --features "$f" --labels "$y" --out "$out" --crop 3
fails 2 "--threads 0" score --features "$f" --labels "$y" --out "$out" --threads 0
fails 1 "missing.npy" score --features "$work/missing.npy" --labels "$y" --out "$out"
fails 1 "missing.npy" score --features "$f" --labels "$work/missing.npy" --out "$out"
fails 1 "text.npy" score --features "$work/text.npy" --labels "$y" --out "$out"
fails 1 "float64" score --features "$work/double.npy" --labels "$y" --out "$out"
fails 1 "flat.npy" score --features "$work/flat.npy" --labels "$y" --out "$out"
fails 1 "short.npy has 2 labels" score --features "$f" --labels "$work/short.npy" --out "$out"
fails 1 "class 1" score --features "$f" --labels "$work/gap.npy" --out "$out"
fails 1 "label -1 of sample 2" score --features "$f" --labels "$work/negative.npy" --out "$out"
fails 1 "label 1 of sample 2" score --features "$f" --labels "$y" --centroids "$work/m.npy" --out "$out"
fails 1 "narrow.npy" score --features "$f" --labels "$y" --centroids "$work/narrow.npy" --out "$out"
fails 1 "nan.npy" score --features "$work/nan.npy" --labels "$y" --out "$out"
fails 1 "sample 4" score --features "$work/nan.npy" --labels "$y" --out "$out" --curves "$work/out/c.npy"
fails 1 "missing" score --features "$f" --labels "$y" --out "$work/missing/o.npy"
fails 1 "missing" score --features "$f" --labels "$y" --out "$out" --curves "$work/missing/c.npy"
fails 1 "$work/out" score --features "$f" --labels "$y" --out "$work/out"
runs score --features "$f" --labels "$work/y8.npy" --out "$work/8.npy" --quiet
runs score --features "$f" --labels "$work/y32.npy" --out "$work/32.npy"
runs score --features "$f" --labels "$y" --out "$work/64.npy" --threads 3
cmp "$work/8.npy" "$work/64.npy" && cmp "$work/32.npy" "$work/64.npy" || die "labels of other dtypes change the scores"

select="select --scores $s --labels $y --out $out"
fails 2 "--keep 0" $select --keep 0
fails 2 "--keep 1.5" $select --keep 1.5
fails 2 "--keep nan" $select --keep nan
fails 2 "--keep some" $select --keep some
fails 2 "--count 0" $select --count 0
fails 2 "--keep or --count" $select
fails 2 "--keep or --count" $select --keep 0.5 --count 3
fails 2 "--gamma 0" $select --keep 0.5 --gamma 0
fails 2 "--gamma 1" $select --keep 0.5 --gamma 1
fails 2 "--method best" $select --keep 0.5 --method best
fails 2 "--rng numpy needs --budget paper" $select --keep 0.5 --rng numpy
fails 2 "--seed 4294967296" $select --keep 0.5 --rng numpy --budget paper --seed 4294967296
fails 2 "--seed -1" $select --keep 0.5 --seed -1
fails 2 "--floor" $select --keep 0.5 --floor 1 --budget paper
fails 2 "--list needs --run" $select --keep 0.5 --list "$work/out/names.txt"
fails 2 "--run" select --run "$work" --scores "$s" --labels "$y" --keep 0.5 --out "$out"
fails 2 "--out" select --scores "$s" --labels "$y" --keep 0.5
fails 1 "7" $select --count 7
fails 1 "comes to 0" $select --keep 0.01
fails 1 "6" $select --count 3 --floor 3
fails 1 "short.npy has 2 labels" select --scores "$s" --labels "$work/short.npy" --out "$out" --keep 0.5
fails 1 "label -1 of sample 2" select --scores "$s" --labels "$work/negative.npy" --out "$out" --keep 0.5
fails 1 "sample 3" select --scores "$work/s-nan.npy" --labels "$y" --out "$out" --keep 0.5
fails 1 "id 3" $select --keep 0.5 --ids "$work/twice.npy"
fails 1 "scores.npy" select --run "$work/no-run" --keep 0.5 --out "$out"
echo "$checks checks"
