"""The embedded forward pass against PyTorch eager, on the same two threads, in one run.

The small ResNet of the demo on 28x28 images in batches of 256; ResNet-18, ResNet-50 and ViT-S/16 on 224x224 images. The
weights are random; both sides compute the same features, which is checked.
"""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile

import numpy as np
import torch
from library import dlc, row, seconds

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "peer"))
import torch_vit  # noqa: E402
from torch_resnet import ResNet, randomise, write_safetensors  # noqa: E402

THREADS = 2

# The library leaves OpenBLAS's threads to the host, and this is one.
ctypes.CDLL("libopenblas.so.0").openblas_set_num_threads(1)
torch.set_num_threads(THREADS)

# PyTorch allocates each result anew. Let malloc() keep what is freed (M_MMAP_MAX 0, M_TRIM_THRESHOLD 2 GB), or on
# machines with slow page faults the comparison is of these.
libc = ctypes.CDLL(None)
libc.mallopt(-4, 0)
libc.mallopt(-1, 2**31 - 1)


@torch.no_grad()
def compare(name: str, model: torch.nn.Module, shape: tuple[int, int, int, int], target: str) -> None:
    generator = torch.Generator().manual_seed(1)
    (randomise if isinstance(model, ResNet) else torch_vit.randomise)(model.eval(), generator)
    images = torch.randn(*shape, generator=generator)
    expected = model(images).numpy()

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.safetensors")
        write_safetensors(path, model.state_dict())
        encoder = dlc.Encoder(dlc.Safetensors(path), threads=THREADS)
    pixels, features = images.numpy(), np.empty_like(expected)

    def forward() -> None:
        encoder.forward(pixels, out=features)

    forward()
    difference = float(np.abs(features - expected).max() / expected.std())
    if difference > 1e-4:
        raise ValueError(f"{name}: features differ by {difference:g} of their standard deviation")
    ours, peer = seconds(forward, 7), seconds(lambda: model(images), 7)
    row(f"{name}, batch of {shape[0]}", ours, peer, target)
    print(f"{'':<58} {shape[0] / ours:10.0f}   {shape[0] / peer:10.0f}   images/s")


compare("small ResNet 16-32-64, 28x28", ResNet(1, 3, [16, 32, 64], [1, 1, 1]), (256, 1, 28, 28), "none")
compare("ResNet-18, 224x224", ResNet(3, 7, [64, 128, 256, 512], [2, 2, 2, 2]), (32, 3, 224, 224), "0.7")
compare("ResNet-50, 224x224", ResNet(3, 7, [64, 128, 256, 512], [3, 4, 6, 3], expansion=4), (16, 3, 224, 224), "none")
compare("ViT-S/16, 224x224", torch_vit.ViT(224, 16, 384, 12, 6), (16, 3, 224, 224), "none")
