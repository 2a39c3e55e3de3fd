"""The embedded forward pass against PyTorch in evaluation mode, on published architectures at full width.

Random weights, batch-norm statistics far from the trivial ones, unmasked and at three masked levels by
torch.nn.utils.prune: no feature may differ by more than 1e-4 of the features' standard deviation. The encoder reads the
masked weights from a file, and what the library masks by default must be what was masked here.
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
from torchvision.models import resnet18, resnet50

sys.path[:0] = [os.path.dirname(__file__), os.path.join(os.path.dirname(__file__), "..", "bench")]
from library import Handle, lib  # noqa: E402
from torch_resnet import randomise, write_safetensors  # noqa: E402

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
    weights, encoder = Handle("safetensors"), Handle("encoder")
    weights("open", path)
    masked = {
        weights.text("name", tensor)
        for tensor in range(weights.count("count"))
        if lib.dlc_safetensors_masked_by_default(weights.pointer, ctypes.c_int64(tensor)) == 1
    }
    if masked != expected_masked:
        sys.exit(f"masked by default, or in PyTorch, but not in both: {sorted(masked ^ expected_masked)}")
    encoder("load", weights)
    encoder("set_threads", ctypes.c_int32(2))
    features = np.empty((len(images), encoder.count("dim")), np.float32)
    encoder("forward", images.numpy(), 0, len(images), images.shape[2], images.shape[3], features)
    return features


@torch.no_grad()
def compare(name: str, model: nn.Module, masked: list[tuple[str, nn.Module, str]], shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(1)
    randomise(model.eval(), generator)
    images = torch.randn(*shape, generator=generator)
    total = sum(getattr(module, weight).numel() for _, module, weight in masked)
    names = {f"{path}.{weight}" for path, _, weight in masked}
    done, differences = 0, []
    with tempfile.TemporaryDirectory() as folder:
        for share in SHARES:
            if round(share * total) > done:
                prune.global_unstructured(
                    [(module, weight) for _, module, weight in masked],
                    prune.L1Unstructured,
                    amount=round(share * total) - done,
                )
                done = round(share * total)
            expected = model(images).numpy()
            path = os.path.join(folder, "model.safetensors")
            write_safetensors(path, plain_state(model))
            features = our_features(path, images, names)
            differences.append(float(np.abs(features - expected).max() / expected.std()))
    print(f"{name}: " + ", ".join(f"{d:.1e}" for d in differences) + " standard deviations", flush=True)
    if not max(differences) <= LIMIT:
        sys.exit(f"{name}: dlc and PyTorch disagree")


def compare_resnet(name: str, model: nn.Module, side: int) -> None:
    model.fc = nn.Identity()
    convolutions = [(path, module, "weight") for path, module in model.named_modules() if isinstance(module, nn.Conv2d)]
    compare(name, model, convolutions, (3, 3, side, side))


compare_resnet("ResNet-18", resnet18(), 96)
compare_resnet("ResNet-50", resnet50(), 80)
