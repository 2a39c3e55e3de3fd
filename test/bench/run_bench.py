"""What a run costs beside the model: libdlc's own share of a whole run over ten levels.

A ResNet-18 in PyTorch, its own parameters masked in place, its forward pass as the callback. Few samples, so that the
masks, whose cost does not depend on the samples, weigh as much as they ever will.
"""

from __future__ import annotations

import ctypes
import os
import sys
import time

import numpy as np
import torch
from library import Handle, lib

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

FORWARD = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64,
                           ctypes.POINTER(ctypes.c_float), ctypes.POINTER(ctypes.c_int64))


@FORWARD
@torch.no_grad()
def forward(_user, _level, first, rows, out, rows_written):
    global spent
    start = time.perf_counter()
    features = model(images[first:first + rows]).numpy()
    ctypes.memmove(out, features.ctypes.data, features.nbytes)
    rows_written[0] = rows
    spent += time.perf_counter() - start


mask, score, run = Handle("mask"), Handle("score"), Handle("run")
for name, parameter in model.named_parameters():
    if parameter.ndim == 4:
        mask("add_tensor", name, ctypes.c_int32(1), ctypes.c_void_p(parameter.data_ptr()), parameter.numel(),
             ctypes.c_int32(1))
mask("set_schedule", f"geometric:0.1x{LEVELS}")
mask("set_threads", ctypes.c_int32(THREADS))
score("set_samples", SAMPLES, labels, CLASSES)
score("set_head", ctypes.c_int32(0), 512)
score("set_threads", ctypes.c_int32(THREADS))
run("set_mask", mask)
run("set_score", score)
run("set_forward", forward, None)
run("set_batch", BATCH)
start = time.perf_counter()
run("execute")
whole = time.perf_counter() - start
print(f"{f'run of ResNet-18, {SAMPLES} images of {SIDE}x{SIDE}, {LEVELS} levels':<58} {whole:10.4f} s, "
      f"of which libdlc {100 * (whole - spent) / whole:.2f} %   target 2 %")
