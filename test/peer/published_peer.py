"""`dlc score` on class folders against the published procedure in PyTorch: curves, scores and ranking must agree.

Real images: part of the demo's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, os.path.dirname(__file__))
from published import ENCODER, load_images, loss_curves, spearman  # noqa: E402

PER_CLASS = 40
build = os.environ.get("BUILD", "build")
with tempfile.TemporaryDirectory() as work:
    subprocess.run([sys.executable, "examples/demo/fashion_folders.py", f"{work}/images", "--per-class",
                    str(PER_CLASS)], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([f"{build}/dlc", "score", "--encoder", ENCODER, "--images", f"{work}/images", "--out-dir",
                    f"{work}/run"], check=True)
    curves, scores, labels = (np.load(f"{work}/run/{name}.npy") for name in ("curves", "scores", "labels"))
    images = load_images(f"{work}/images", Path(f"{work}/run/samples.txt").read_text().splitlines())
expected = loss_curves(images, torch.from_numpy(labels))
difference = np.abs(curves - expected).max()
ranking = spearman(scores, expected.mean(axis=0))
print(f"{len(scores)} samples: largest difference of a loss {difference:.2e}, Spearman of the scores {ranking:.6f}")
if difference > 1e-4 or ranking < 0.9999:
    sys.exit("dlc and PyTorch disagree")
