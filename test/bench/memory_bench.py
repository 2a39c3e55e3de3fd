"""Peak resident size of `dlc score` over a folder of ten times its memory limit, against the limit plus the model.

The model's share is measured too: a run over a few images, which holds the weights, the maps of a block for each
thread and the libraries. GNU time's way: the kernel's own count of a child that a small process starts.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

SIDE = 96
IMAGES = 3000
LIMIT = IMAGES * SIDE * SIDE // 10
build = os.environ.get("BUILD", "build")

# A child is charged its parent's size until it executes: this parent is small.
MEASURE = "import os, sys; p = os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:]); " \
          "_, s, u = os.wait4(p, 0); print(u.ru_maxrss); sys.exit(os.waitstatus_to_exitcode(s))"


def lay_out(folder: str, count: int) -> None:
    generator = np.random.default_rng(1)
    for i in range(count):
        path = f"{folder}/{'ab'[i % 2]}/{i:05}.png"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        Image.fromarray(generator.integers(0, 256, (SIDE, SIDE), dtype=np.uint8)).save(path, compress_level=1)


def peak(work: str, name: str, count: int, *flags: str) -> int:
    """Bytes."""
    lay_out(f"{work}/{name}", count)
    command = [f"{build}/dlc", "score", "--encoder", "examples/demo/fashion_resnet.safetensors", "--images",
               f"{work}/{name}", "--out-dir", f"{work}/{name}-run", "--schedule", "list:0", "--threads", "2", *flags]
    done = subprocess.run([sys.executable, "-S", "-c", MEASURE, *command], check=True, capture_output=True, text=True)
    return 1024 * int(done.stdout)


with tempfile.TemporaryDirectory() as work:
    model = peak(work, "few", 200)
    limited = peak(work, "many", IMAGES, "--memory-limit", str(LIMIT))
print(f"{IMAGES} images of {SIDE}x{SIDE}, --memory-limit {LIMIT / 1e6:.1f} MB, a tenth of their pixels: "
      f"peak {limited / 1e6:.1f} MB, {(limited - model) / 1e6:+.1f} MB beside the model's {model / 1e6:.1f}   "
      f"target {LIMIT / 1e6:.1f}")
