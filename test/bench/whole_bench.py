"""The whole job on the demo's images: `dlc score` against the published procedure in PyTorch, on the same two threads.

Both read the same PNG class folders, run the published 50 levels and end with scores; the PyTorch program keeps the
decoded images in memory, as dlc does.
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


with tempfile.TemporaryDirectory() as work:
    subprocess.run([sys.executable, "examples/demo/fashion_folders.py", f"{work}/images"], check=True,
                   stdout=subprocess.DEVNULL)
    score = [f"{build}/dlc", "score", "--encoder", ENCODER, "--images", f"{work}/images", "--threads", str(THREADS)]
    _, ours = timed(lambda: subprocess.run([*score, "--out-dir", f"{work}/run"], check=True))
    scores, labels = np.load(f"{work}/run/scores.npy"), np.load(f"{work}/run/labels.npy")
    paths = Path(f"{work}/run/samples.txt").read_text().splitlines()
    curves, peer = timed(lambda: loss_curves(load_images(f"{work}/images", paths), torch.from_numpy(labels)))
row(f"{len(scores)} images, 50 levels: dlc score against PyTorch", ours, peer, "2")
print(f"{'':<58} Spearman of the scores {spearman(scores, curves.mean(axis=0)):.6f}")
