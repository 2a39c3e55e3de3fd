#!/usr/bin/python3
"""Writes test/golden/encoder: small models with random weights, and their features by PyTorch in evaluation mode.

For each case NAME.safetensors (weights), NAME_images.npy, NAME_features.npy, and for the model with 40 % of its
maskable weights (convolutions of a ResNet, linear layers of a vision transformer) masked by torch.nn.utils.prune:
NAME_threshold.npy (the largest magnitude that is masked) and NAME_masked_features.npy. For vision transformers also
NAME_mean_features.npy, from the mean of the patches' tokens. The features are computed in float32 from the weights as
the file holds them. Without names on the command line all cases are written.

Usage: apt-get install python3-torch python3-torchvision python3-numpy; test/peer/make_encoder_golden.py [NAME...]
"""

from __future__ import annotations

import os
import sys

import numpy as np
import torch
import torch_resnet
import torch_vit
from torch import Tensor, nn
from torch.nn.utils import prune
from torch_resnet import ResNet, write_safetensors
from torch_vit import ViT
from torchvision.models import VisionTransformer

OUT = os.path.join(os.path.dirname(__file__), "..", "golden", "encoder")


class TorchvisionViT(VisionTransformer):
    """torchvision's own model, giving the features."""

    def __init__(self, *arguments: int) -> None:
        super().__init__(*arguments)
        self.heads = nn.Identity()
        self.mean = False

    def forward(self, x: Tensor) -> Tensor:
        x = self._process_input(x)
        x = self.encoder(torch.cat([self.class_token.expand(len(x), -1, -1), x], dim=1))
        return x[:, 1:].mean(dim=1) if self.mean else x[:, 0]


# name: the model, images, their channels, height, width, dtype in the file
CASES = {
    "grey": (lambda: ResNet(1, 3, [16, 32, 64], [1, 1, 1]), 11, 1, 28, 28, torch.float32),
    "odd": (lambda: ResNet(3, 3, [12, 20], [2, 1]), 5, 3, 17, 23, torch.float64),
    "wide_stem": (lambda: ResNet(3, 7, [8, 16, 24, 40], [2, 2, 2, 2]), 3, 3, 64, 48, torch.float16),
    "small": (lambda: ResNet(3, 7, [6, 10], [1, 1]), 4, 3, 9, 5, torch.bfloat16),
    "bottleneck": (lambda: ResNet(3, 7, [8, 6, 10], [2, 1, 2], expansion=4), 3, 3, 33, 40, torch.float32),
    "vit": (lambda: ViT(24, 8, 40, 2, 5, hidden=60), 6, 3, 24, 24, torch.float32),
    "vit_fc_norm": (
        lambda: ViT(20, 5, 64, 1, 1, channels=1, hidden=80, qkv_bias=False, norm="fc_norm"), 5, 1, 20, 20, torch.float16
    ),
    "vit_torchvision": (lambda: TorchvisionViT(12, 4, 1, 2, 128, 32), 5, 3, 12, 12, torch.bfloat16),
}
METADATA = {"vit": {"num_heads": "5"}}


def kept_threshold(weights: torch.Tensor, masked: int) -> tuple[int, float]:
    """The number to mask, raised until no tie crosses it, and the largest magnitude masked."""
    ordered = weights.abs().sort().values
    while ordered[masked - 1] == ordered[masked]:
        masked += 1
    return masked, float(ordered[masked - 1])


def maskable(model: nn.Module) -> list[tuple[nn.Module, str]]:
    if isinstance(model, ResNet):
        return [(module, "weight") for module in model.modules() if isinstance(module, nn.Conv2d)]
    linear = [(module, "weight") for module in model.modules() if isinstance(module, nn.Linear)]
    attention = [(m, "in_proj_weight") for m in model.modules() if isinstance(m, nn.MultiheadAttention)]
    return linear + attention


@torch.no_grad()
def make(name: str, seed: int) -> None:
    build, count, channels, height, width, dtype = CASES[name]
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    model = build().eval()
    (torch_resnet if isinstance(model, ResNet) else torch_vit).randomise(model, generator)
    stored = {key: value.to(dtype) if value.is_floating_point() else value for key, value in model.state_dict().items()}
    model.load_state_dict(stored)
    write_safetensors(os.path.join(OUT, f"{name}.safetensors"), stored, METADATA.get(name))

    def save(what: str, values: torch.Tensor) -> None:
        np.save(os.path.join(OUT, f"{name}_{what}.npy"), values.numpy())

    images = torch.randn(count, channels, height, width, generator=generator)
    save("images", images)
    save("features", model(images))
    if not isinstance(model, ResNet):
        model.mean = True
        save("mean_features", model(images))
        model.mean = False

    parts = maskable(model)
    weights = torch.cat([getattr(module, weight).flatten() for module, weight in parts])
    masked, threshold = kept_threshold(weights, round(0.4 * weights.numel()))
    prune.global_unstructured(parts, prune.L1Unstructured, amount=masked)
    save("threshold", torch.tensor([threshold]))
    save("masked_features", model(images))


os.makedirs(OUT, exist_ok=True)
torch.set_num_threads(1)
for number, case in enumerate(CASES):
    if case in (sys.argv[1:] or CASES):
        make(case, number + 1)
