"""What a run costs beside the model: libdlc's own share of a whole run over ten levels.

A ResNet-18 in PyTorch, its own parameters masked in place, its forward pass as the callback. Few samples, so that the
masks, whose cost does not depend on the samples, weigh as much as they ever will.
"""

from __future__ import annotations

import os
import sys
import time

import numpy as np
import torch
from library import dlc

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "peer"))
from torch_resnet import ResNet, randomise  # noqa: E402

THREADS = 2
SAMPLES, BATCH, CLASSES, SIDE = 64, 32, 4, 112
LEVELS = 10

torch.set_num_threads(THREADS)
generator = torch.Generator().manual_seed(1)
model = ResNet(3, 7, [64, 128, 256, 512], [2, 2, 2, 2]).eval()
randomise(model, generator)
images = torch.randn(SAMPLES, 3, SIDE, SIDE, generator=generator)
labels = np.arange(SAMPLES, dtype=np.int64) % CLASSES
spent = 0.0


@torch.no_grad()
def forward(_level, first, rows, out):
    global spent
    start = time.perf_counter()
    out[:] = model(images[first:first + rows]).numpy()
    spent += time.perf_counter() - start


mask = dlc.Mask(schedule=f"geometric:0.1x{LEVELS}", threads=THREADS)
for name, parameter in model.named_parameters():
    if parameter.ndim == 4:
        mask.add_tensor(name, parameter)
score = dlc.Score(labels, CLASSES, width=512, threads=THREADS)
run = dlc.Run(mask, score, forward, batch=BATCH)
start = time.perf_counter()
run.execute()
whole = time.perf_counter() - start
print(f"{f'run of ResNet-18, {SAMPLES} images of {SIDE}x{SIDE}, {LEVELS} levels':<58} {whole:10.4f} s, "
      f"of which libdlc {100 * (whole - spent) / whole:.2f} %   target 2 %")
