# mpi.sh - examples/mpi_score.c on 1, 2, 3 and 4 ranks: scores and subset bit for bit those of the dlc command, one process,
# on features that NumPy computes with the same roundings. And a rank that fails takes the others with it.
. test/support/cli.sh

if ! command -v mpicc >/dev/null || ! command -v mpirun >/dev/null; then
    echo "skipped: no mpicc or no mpirun here (Debian: libopenmpi-dev, openmpi-bin)"
    exit 0
fi
# More ranks than processors, on this machine alone, as whoever runs the tests.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_plm=isolated OMPI_MCA_rmaps_base_oversubscribe=1 \
    OMPI_CC="${CC:-cc}"

# As the example's first comment says, against an installed library. No contraction of a * b + c, which NumPy has not.
make -s install BUILD="$BUILD" PACKAGE="$work/package" PREFIX="$work/installed" >"$work/install.log" 2>&1 ||
    die "$(cat "$work/install.log")"
export PKG_CONFIG_PATH="$work/installed/lib/pkgconfig" LD_LIBRARY_PATH="$work/installed/lib"
mpicc -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -O2 -ffp-contract=off ${CFLAGS:-} examples/mpi_score.c \
    $(pkg-config --cflags --libs libdlc) -o "$work/mpi_score" || die "examples/mpi_score.c does not compile"

# ranks N ARG... : mpi_score on N ranks, into $work/N.
ranks() {
    checks=$((checks + 1))
    n=$1
    shift
    mkdir -p "$work/$n"
    timeout 120 mpirun -n "$n" "$work/mpi_score" "$@" "$work/$n" >"$work/stdout" 2>"$work/stderr" ||
        die "$n ranks: status $?: $(cat "$work/stderr")"
}

# same LEFT RIGHT : the scores and the subsets of two folders are the same, bit for bit.
same() {
    for name in scores.npy pick.npy; do
        checks=$((checks + 1))
        cmp "$work/$1/$name" "$work/$2/$name" || die "$name of $1 and of $2 differ"
    done
}

# ---- Against one process that knows nothing of parts ----
for case in a b; do
    golden=test/golden/$case
    python $golden <<'PYTHON'
import sys
import numpy as np

work, golden = sys.argv[1:]
x, w1, w2 = (np.load(f"{golden}/{name}.npy") for name in ("x", "w1", "w2"))


def product(rows, weight):
    """rows @ weight.T in float32, added up one after the other."""
    total = np.zeros((len(rows), len(weight)), np.float32)
    for i in range(weight.shape[1]):
        total += rows[:, i:i + 1] * weight[:, i]
    return total


weights = np.concatenate([w1.ravel(), w2.ravel()])
order = np.argsort(np.abs(weights), kind="stable")
masked, features = 0, []
for level in range(50):
    left = weights.copy()
    left[order[:masked]] = 0
    hidden = product(x, left[:w1.size].reshape(w1.shape))
    features.append(product(np.where(hidden > 0, hidden, np.float32(0)), left[w1.size:].reshape(w2.shape)))
    masked += round(0.02 * (weights.size - masked))
np.save(f"{work}/features.npy", np.stack(features))

# What makes it hard: a part of two ranks and more that lacks a class.
labels = np.load(f"{golden}/labels.npy")
for ranks in 2, 3, 4:
    bounds = [len(labels) * r // ranks for r in range(ranks + 1)]
    assert any(len(set(labels[a:b])) < len(set(labels)) for a, b in zip(bounds, bounds[1:])), ranks
PYTHON
    mkdir -p "$work/command"
    runs score --features "$work/features.npy" --labels $golden/labels.npy --out "$work/command/scores.npy"
    runs select --scores "$work/command/scores.npy" --labels $golden/labels.npy --keep 0.3 --out "$work/command/pick.npy"
    for n in 1 2 3 4; do
        ranks $n $golden
        same $n command
    done
done

# ---- Made-up samples, more of them, in parts of unequal size ----
for n in 1 2 3 4; do
    ranks $n --synthetic 10007
    grep -qx "3002 of 10007 samples kept" "$work/stdout" || die "$(cat "$work/stdout")"
    same $n 1
done

# ---- A rank that fails ----
# stops TEXT ARG... : three ranks end, all of them, before the clock does, with TEXT on standard error.
stops() {
    checks=$((checks + 1))
    text=$1
    shift
    timeout 60 mpirun -n 3 "$work/mpi_score" "$@" >"$work/stdout" 2>"$work/stderr"
    status=$?
    [ $status -ne 0 ] && [ $status -ne 124 ] || die "mpi_score $*: status $status"
    grep -qF -- "$text" "$work/stderr" || die "mpi_score $*: '$text' is not in: $(cat "$work/stderr")"
}
mkdir -p "$work/broken" "$work/none"
cp test/golden/a/*.npy "$work/broken"
python <<'PYTHON'
import sys
import numpy as np
path = f"{sys.argv[1]}/broken/x.npy"
x = np.load(path)
x[250] = 3e38
np.save(path, x)
PYTHON
stops " of sample 250 is " "$work/broken" "$work/none"
stops "there must be one for every rank" --synthetic 2 "$work/none"
stops "usage" "$work/none"
stops "nowhere/w1.npy" "$work/nowhere" "$work/none"
[ -z "$(ls -A "$work/none")" ] || die "a failed run left $(ls "$work/none")"
echo "$checks checks"
