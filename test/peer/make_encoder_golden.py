#!/usr/bin/python3
"""Writes test/golden/encoder: small ResNets with random weights, and their features by PyTorch in evaluation mode.

For each case NAME.safetensors (weights), NAME_images.npy, NAME_features.npy, and for the model with 40 % of its
convolution weights masked by torch.nn.utils.prune: NAME_threshold.npy (the largest magnitude that is masked) and
NAME_masked_features.npy. The features are computed in float32 from the weights as the file holds them.

Usage: apt-get install python3-torch python3-numpy; test/peer/make_encoder_golden.py
"""

from __future__ import annotations

import os

import numpy as np
import torch
from torch import nn
from torch.nn.utils import prune
from torch_resnet import ResNet, randomise, write_safetensors

OUT = os.path.join(os.path.dirname(__file__), "..", "golden", "encoder")

# name: the model, images, their channels, height, width, dtype in the file
CASES = {
    "grey": (lambda: ResNet(1, 3, [16, 32, 64], [1, 1, 1]), 11, 1, 28, 28, torch.float32),
    "odd": (lambda: ResNet(3, 3, [12, 20], [2, 1]), 5, 3, 17, 23, torch.float64),
    "wide_stem": (lambda: ResNet(3, 7, [8, 16, 24, 40], [2, 2, 2, 2]), 3, 3, 64, 48, torch.float16),
    "small": (lambda: ResNet(3, 7, [6, 10], [1, 1]), 4, 3, 9, 5, torch.bfloat16),
    "bottleneck": (lambda: ResNet(3, 7, [8, 6, 10], [2, 1, 2], expansion=4), 3, 3, 33, 40, torch.float32),
}


def kept_threshold(weights: torch.Tensor, masked: int) -> tuple[int, float]:
    """The number to mask, raised until no tie crosses it, and the largest magnitude masked."""
    ordered = weights.abs().sort().values
    while ordered[masked - 1] == ordered[masked]:
        masked += 1
    return masked, float(ordered[masked - 1])


@torch.no_grad()
def make(name: str, seed: int) -> None:
    build, count, inputs, height, width, dtype = CASES[name]
    generator = torch.Generator().manual_seed(seed)
    model = build().eval()
    randomise(model, generator)
    stored = {key: value.to(dtype) if value.is_floating_point() else value for key, value in model.state_dict().items()}
    model.load_state_dict(stored)
    write_safetensors(os.path.join(OUT, f"{name}.safetensors"), stored)

    def save(what: str, values: torch.Tensor) -> None:
        np.save(os.path.join(OUT, f"{name}_{what}.npy"), values.numpy())

    images = torch.randn(count, inputs, height, width, generator=generator)
    save("images", images)
    save("features", model(images))

    convolutions = [(module, "weight") for module in model.modules() if isinstance(module, nn.Conv2d)]
    weights = torch.cat([module.weight.flatten() for module, _ in convolutions])
    masked, threshold = kept_threshold(weights, round(0.4 * weights.numel()))
    prune.global_unstructured(convolutions, prune.L1Unstructured, amount=masked)
    save("threshold", torch.tensor([threshold]))
    save("masked_features", model(images))


os.makedirs(OUT, exist_ok=True)
torch.set_num_threads(1)
for number, case in enumerate(CASES):
    make(case, number + 1)
