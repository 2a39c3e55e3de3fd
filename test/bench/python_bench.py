"""What the way through ctypes costs: the share of the PyTorch example's run that is spent getting into and out of Python.

A run whose model only copies losses, written in Python, against the same run with the same model in C: the difference,
in processor time, is what a call costs. It is then held against the run of examples/python/torch_model.py.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import tempfile
import time

import numpy as np
import torch
from library import dlc

import torch_model
from fashion import NEW, load

THREADS, BATCH, LEVELS, SAMPLES = 2, 256, 50, 256 * 40
C_MODEL = """
#include <stdint.h>
#include <string.h>
void forward(void *user, int64_t level, int64_t first, int64_t rows, float *out, int64_t *rows_written) {
    memcpy(out, (const float *)user + first, (size_t)rows * sizeof(float));
    *rows_written = rows;
}
"""


def make_run() -> dlc.Run:
    weights = np.arange(1, 1001, dtype=np.float32)
    mask = dlc.Mask(schedule=f"geometric:0.02x{LEVELS}")
    mask.add_tensor("w", weights)
    return dlc.Run(mask, dlc.Score(samples=SAMPLES, head=dlc.HEAD_LOSS), batch=BATCH)


def seconds_a_call(run: dlc.Run) -> float:
    """Processor time, the least of some runs."""
    best = float("inf")
    for _ in range(15):
        start = time.process_time()
        run.execute()
        best = min(best, time.process_time() - start)
    return best / (SAMPLES // BATCH * LEVELS)


def call_overhead() -> float:
    """Seconds that a call of a model in Python takes longer than one of a model in C."""
    losses = np.random.default_rng(1).random(SAMPLES, np.float32)

    def forward(level: int, first: int, rows: int, out: np.ndarray) -> None:
        out[:, 0] = losses[first:first + rows]

    python, plain = make_run(), make_run()
    python.set_forward(forward)
    with tempfile.TemporaryDirectory() as folder:
        source, path = f"{folder}/model.c", f"{folder}/model.so"
        with open(source, "w") as file:
            file.write(C_MODEL)
        compiler = os.environ.get("CC", "cc").split()
        subprocess.run([*compiler, "-O2", "-shared", "-fPIC", source, "-o", path], check=True)
        address = ctypes.cast(ctypes.CDLL(path).forward, ctypes.c_void_p).value
    dlc.library.dlc_run_set_forward(plain, dlc.library.dlc_forward_callback(address), losses.ctypes.data)
    return seconds_a_call(python) - seconds_a_call(plain)


def main() -> None:
    overhead = call_overhead()
    torch.set_num_threads(THREADS)
    images, labels = load(NEW, per_class=200)
    model, pixels = torch_model.load_model(), torch.from_numpy(images)
    start = time.perf_counter()
    torch_model.score_samples(model, model.fc, pixels, labels, BATCH)
    run = time.perf_counter() - start
    calls = -(-len(images) // BATCH) * LEVELS
    print(f"{f'model called through ctypes, batch {BATCH}':<58} {1e6 * overhead:10.1f} us a call more than from C")
    print(f"{f'torch_model.py, {len(images)} images, {LEVELS} levels':<58} {run:10.4f} s, of which ctypes "
          f"{100 * calls * overhead / run:.4f} %   target 1 %")


if __name__ == "__main__":
    main()
