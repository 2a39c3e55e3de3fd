"""The embedded forward pass against PyTorch in evaluation mode, on published architectures at full width.

Random weights, norms far from the trivial ones, unmasked and at three masked levels by torch.nn.utils.prune: no feature
may differ by more than 1e-4 of the features' standard deviation. The encoder reads the masked weights from a file, and
what the library masks by default must be what was masked here.
"""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import prune
from torchvision.models import resnet18, resnet50, vit_b_16

sys.path[:0] = [os.path.dirname(__file__), os.path.join(os.path.dirname(__file__), "..", "bench")]
from library import dlc  # noqa: E402
from torch_resnet import randomise as randomise_resnet  # noqa: E402
from torch_resnet import write_safetensors  # noqa: E402
from torch_vit import ViT  # noqa: E402
from torch_vit import randomise as randomise_vit  # noqa: E402

LIMIT = 1e-4
SHARES = [0, 0.2, 0.5, 0.8]
ctypes.CDLL("libopenblas.so.0").openblas_set_num_threads(1)


def plain_state(model: nn.Module) -> dict[str, Tensor]:
    """The weights under their own names, as a model that was never pruned has them."""
    state = {}
    for name, tensor in model.state_dict().items():
        if name.endswith("_orig"):
            name = name.removesuffix("_orig")
            tensor = tensor * model.state_dict()[f"{name}_mask"]
        if not name.endswith("_mask"):
            state[name] = tensor
    return state


def our_features(path: str, images: Tensor, expected_masked: set[str]) -> np.ndarray:
    weights = dlc.Safetensors(path)
    masked = {tensor.name for tensor in weights.tensors if tensor.masked_by_default}
    if masked != expected_masked:
        sys.exit(f"masked by default, or in PyTorch, but not in both: {sorted(masked ^ expected_masked)}")
    return dlc.Encoder(weights, threads=2).forward(images)


def mask_below(threshold: float, masked: list[tuple[str, nn.Module, str]]) -> None:
    """As prune.global_unstructured() with L1Unstructured, which takes 12 s a call on a ViT-B."""
    for _, module, weight in masked:
        prune.custom_from_mask(module, weight, getattr(module, weight).abs() >= threshold)


@torch.no_grad()
def compare(name: str, model: nn.Module, masked: list[tuple[str, nn.Module, str]], images: Tensor) -> None:
    names = {f"{path}.{weight}" for path, _, weight in masked}
    magnitudes = torch.cat([getattr(module, weight).abs().flatten() for _, module, weight in masked]).numpy()
    differences = []
    with tempfile.TemporaryDirectory() as folder:
        for share in SHARES:
            if share > 0:
                mask_below(float(np.quantile(magnitudes, share, method="higher")), masked)
            expected = model(images).numpy()
            path = os.path.join(folder, "model.safetensors")
            write_safetensors(path, plain_state(model))
            features = our_features(path, images, names)
            differences.append(float(np.abs(features - expected).max() / expected.std()))
    print(f"{name}: " + ", ".join(f"{d:.1e}" for d in differences) + " standard deviations", flush=True)
    if not max(differences) <= LIMIT:
        sys.exit(f"{name}: dlc and PyTorch disagree")


def compare_resnet(name: str, model: nn.Module, side: int) -> None:
    generator = torch.Generator().manual_seed(1)
    randomise_resnet(model.eval(), generator)
    model.fc = nn.Identity()
    convolutions = [(path, module, "weight") for path, module in model.named_modules() if isinstance(module, nn.Conv2d)]
    compare(name, model, convolutions, torch.randn(3, 3, side, side, generator=generator))


def compare_vit(name: str, model: nn.Module) -> None:
    """All linear layers but the head: four a block, under either naming."""
    generator = torch.Generator().manual_seed(1)
    randomise_vit(model.eval(), generator)
    linear = [(path, module, "weight") for path, module in model.named_modules() if isinstance(module, nn.Linear)]
    linear += [
        (path, module, "in_proj_weight")
        for path, module in model.named_modules()
        if isinstance(module, nn.MultiheadAttention)
    ]
    if len(linear) != 48:
        sys.exit(f"{name}: {len(linear)} linear layers, not 48")
    compare(name, model, linear, torch.randn(2, 3, 224, 224, generator=generator))


compare_resnet("ResNet-18", resnet18(), 96)
compare_resnet("ResNet-50", resnet50(), 80)
compare_vit("ViT-S/16", ViT(224, 16, 384, 12, 6))
vit_b = vit_b_16()
vit_b.heads = nn.Identity()
compare_vit("ViT-B/16", vit_b)
