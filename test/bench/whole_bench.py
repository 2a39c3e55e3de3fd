"""The whole job on the demo's images: `dlc score` against the published procedure in PyTorch, on the same two threads.

Both read the same PNG class folders, run the published 50 levels and end with scores; the PyTorch program keeps the
decoded images in memory, as dlc does. Then the same with automatic levels, at the usual agreement and at a looser one:
the ranking of the full schedule for a part of its time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from library import row

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "peer"))
from published import ENCODER, load_images, loss_curves, spearman  # noqa: E402

THREADS = 2
build = os.environ.get("BUILD", "build")
torch.set_num_threads(THREADS)


def timed(work):
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def spearman_of(run: str, full: np.ndarray) -> str:
    curves = np.load(f"{run}/curves.npy")
    return f"{len(curves)} levels, Spearman of the scores {spearman(np.load(f'{run}/scores.npy'), full):.6f}"


with tempfile.TemporaryDirectory() as work:
    subprocess.run([sys.executable, "examples/demo/fashion_folders.py", f"{work}/images"], check=True,
                   stdout=subprocess.DEVNULL)
    score = [f"{build}/dlc", "score", "--encoder", ENCODER, "--images", f"{work}/images", "--threads", str(THREADS)]
    auto = ["--schedule", "auto", "--agreement"]
    rows = [("50 levels", "2", []), ("auto", "none", [*auto, "0.999"]), ("auto, agreement 0.997", "8", [*auto, "0.997"])]
    times = [timed(lambda: subprocess.run([*score, *flags, "--out-dir", f"{work}/run-{name}"], check=True))[1]
             for name, _, flags in rows]
    labels = np.load(f"{work}/run-50 levels/labels.npy")
    paths = Path(f"{work}/run-50 levels/samples.txt").read_text().splitlines()
    curves, peer = timed(lambda: loss_curves(load_images(f"{work}/images", paths), torch.from_numpy(labels)))
    for (name, target, _), ours in zip(rows, times):
        row(f"{len(labels)} images, {name}: dlc score against PyTorch", ours, peer, target)
        print(f"{'':<58} {spearman_of(f'{work}/run-{name}', curves.mean(axis=0))}")
