"""The measured figures of docs/scaling.md: class sums out, merged, in and over MPI; FlexRand on up to 10^8 samples.

Everything but MPI runs on one thread, and the seconds are those of the processor: a busy machine changes them little.

Run from the top of the repo after `make`: python3 test/bench/scaling.py [SAMPLES...]   (default: 10^7 and 10^8; the latter
takes 4.5 GB). The part over MPI needs mpicc and mpirun.
"""

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np
from library import Handle, lib

BUILD = os.environ.get("BUILD", "build")
SHAPES = [(10, 512), (1000, 768), (1000, 2048)]
CLASSES, KEEP = 1000, 0.3
ALLOCATE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.POINTER(ctypes.c_void_p))
RELEASE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]


def seconds(work: Callable[[], object], repeats: int = 1) -> float:
    """The shortest processor time of a few calls."""
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


class Counter:
    """An allocator that knows how many bytes were held at most."""

    def __init__(self) -> None:
        self.sizes: dict[int, int] = {}
        self.held = self.peak = 0
        self.callbacks = ALLOCATE(self.allocate), RELEASE(self.release)
        self.pointer = ctypes.c_void_p()
        lib.dlc_allocator_create(*self.callbacks, None, ctypes.byref(self.pointer))

    def allocate(self, _user, size, result) -> None:
        block = libc.malloc(size)
        result[0] = block
        self.sizes[block] = size
        self.held += size
        self.peak = max(self.peak, self.held)

    def release(self, _user, block) -> None:
        self.held -= self.sizes.pop(block)
        libc.free(block)


def sums(classes: int, width: int) -> None:
    rows = 20_000
    generator = np.random.default_rng(1)
    labels = np.arange(rows) % classes
    features = generator.normal(size=(rows, width)).astype(np.float32)
    score, size = Handle("score"), ctypes.c_int64()
    score("set_samples", rows, labels, classes)
    score("set_head", ctypes.c_int32(0), width)
    score("set_levels", 1)
    adding = seconds(lambda: score("add_features", 0, None, rows, features, width))
    score("sums_size", ctypes.byref(size))
    own, total = (np.empty(size.value, dtype=np.uint8) for _ in range(2))
    out = seconds(lambda: score("export_sums", own, len(own)), 5)
    total[:] = own
    addresses = ctypes.c_void_p(total.ctypes.data), ctypes.c_void_p(own.ctypes.data), size
    merge = seconds(lambda: lib.dlc_score_merge_sums(*addresses), 5)
    back = seconds(lambda: score("import_sums", total, len(total)), 5)
    finish = seconds(lambda: score("finish_centroids"))
    score("begin_level", 0)
    observing = seconds(lambda: score("observe", 0, None, rows, features, width))
    print(f"sums {classes:5} x {width:4}: {size.value / 1e6:6.1f} MB   add {adding / rows / width * 1e9:4.1f} ns a number   "
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
    counter = Counter()
    flexrand = Handle("flexrand", counter.pointer)
    sort = seconds(lambda: flexrand("set_samples", samples, labels, scores, ids))
    after_sort = counter.held
    select = seconds(lambda: flexrand("select_keep", KEEP))
    indices = np.empty(flexrand.count("selected_count"), dtype=np.int64)
    out = seconds(lambda: flexrand("get_selection", ctypes.c_int32(0), indices, None))
    print(f"flexrand {samples:11,} {'with' if with_ids else 'without'} ids: sort {sort:6.2f} s   select {select:6.2f} s   "
          f"out {out:6.2f} s   bytes a sample: {after_sort / samples:4.1f} held, {counter.peak / samples:4.1f} at most",
          flush=True)
    del flexrand
    lib.dlc_allocator_free(counter.pointer)


def main() -> None:
    for classes, width in SHAPES:
        sums(classes, width)
    sums_over_mpi()
    for samples in [int(text) for text in sys.argv[1:]] or [10_000_000, 100_000_000]:
        for with_ids in False, True:
            flexrand(samples, with_ids)


if __name__ == "__main__":
    main()
