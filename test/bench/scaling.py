"""The measured figures of docs/scaling.md: class sums out, merged, in and over MPI; FlexRand on up to 10^8 samples.

Everything but MPI runs on one thread, and the seconds are those of the processor: a busy machine changes them little.

Run from the top of the repo after `make`: python3 test/bench/scaling.py [SAMPLES...]   (default: 10^7 and 10^8; the latter
takes 4.5 GB). The part over MPI needs mpicc and mpirun.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np
from library import Meter, dlc

BUILD = os.environ.get("BUILD", "build")
SHAPES = [(10, 512), (1000, 768), (1000, 2048)]
CLASSES, KEEP = 1000, 0.3


def seconds(work: Callable[[], object], repeats: int = 1) -> float:
    """The shortest processor time of a few calls."""
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def sums(classes: int, width: int) -> None:
    rows = 20_000
    generator = np.random.default_rng(1)
    labels = np.arange(rows) % classes
    features = generator.normal(size=(rows, width)).astype(np.float32)
    score = dlc.Score(labels, classes, width=width, levels=1)
    adding = seconds(lambda: score.add_features(features))
    own = np.empty(score.sums_size(), np.uint8)
    out = seconds(lambda: score.export_sums(own), 5)
    total = own.copy()
    merge = seconds(lambda: dlc.Score.merge_sums(total, own), 5)
    back = seconds(lambda: score.import_sums(total), 5)
    finish = seconds(score.finish_centroids)
    score.begin_level(0)
    observing = seconds(lambda: score.observe(features))
    print(f"sums {classes:5} x {width:4}: {len(own) / 1e6:6.1f} MB   add {adding / rows / width * 1e9:4.1f} ns a number   "
          f"out {out * 1e3:6.1f} ms   merge {merge * 1e3:6.1f} ms   in {back * 1e3:6.1f} ms   divide {finish * 1e3:6.1f} ms   "
          f"observe {observing / rows * 1e6:6.1f} us a sample",
          flush=True)


def sums_over_mpi() -> None:
    if not (shutil.which("mpicc") and shutil.which("mpirun")):
        print("no mpicc or mpirun here: class sums over MPI are not measured")
        return
    environment = os.environ | {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_plm": "isolated",
                                "OMPI_MCA_rmaps_base_oversubscribe": "1"}
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/mpi_sums"
        subprocess.run(["mpicc", "-O2", "-Iinclude", "test/bench/mpi_sums.c", f"-L{BUILD}", "-ldlc",
                        f"-Wl,-rpath,{os.path.abspath(BUILD)}", "-o", program], check=True)
        for classes, width in SHAPES:
            times = [subprocess.run(["mpirun", "-n", str(ranks), program, str(classes), str(width)], check=True, text=True,
                                    capture_output=True, env=environment).stdout.strip() for ranks in (2, 3, 4)]
            print(f"allreduce {classes:5} x {width:4}: {', '.join(times)} s on 2, 3, 4 ranks of this machine", flush=True)


def flexrand(samples: int, with_ids: bool) -> None:
    generator = np.random.default_rng(1)
    labels = generator.integers(0, CLASSES, samples)
    scores = generator.random(samples, dtype=np.float32)
    ids = generator.permutation(samples) * 1_000_003 if with_ids else None
    meter = Meter()
    flexrand = dlc.Flexrand(allocator=meter)
    sort = seconds(lambda: flexrand.set_samples(labels, scores, ids))
    after_sort = meter.held
    select = seconds(lambda: dlc.library.dlc_flexrand_select_keep(flexrand, KEEP))
    out = seconds(flexrand.get_selection)
    print(f"flexrand {samples:11,} {'with' if with_ids else 'without'} ids: sort {sort:6.2f} s   select {select:6.2f} s   "
          f"out {out:6.2f} s   bytes a sample: {after_sort / samples:4.1f} held, {meter.peak / samples:4.1f} at most",
          flush=True)


def main() -> None:
    for classes, width in SHAPES:
        sums(classes, width)
    sums_over_mpi()
    for samples in [int(text) for text in sys.argv[1:]] or [10_000_000, 100_000_000]:
        for with_ids in False, True:
            flexrand(samples, with_ids)


if __name__ == "__main__":
    main()
