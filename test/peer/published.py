"""The published procedure in PyTorch, on the demo's model: what `dlc score` is compared with, in results and in time.

Per level: features of all samples in batches, distances to the centroids of the unmasked model, cross entropy of
1 / distance; then torch.nn.utils.prune.global_unstructured masks 2 % of what is left.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn import functional
from torch.nn.utils import prune
from torch_resnet import ResNet, read_safetensors

ENCODER = os.path.join(os.path.dirname(__file__), "..", "..", "examples", "demo", "fashion_resnet.safetensors")
BATCH = 256


def load_images(folder: str, paths: list[str]) -> torch.Tensor:
    pixels = np.stack([np.asarray(Image.open(Path(folder, path))) for path in paths])
    return torch.from_numpy(pixels).float()[:, None] / 255


@torch.no_grad()
def loss_curves(images: torch.Tensor, labels: torch.Tensor, levels: int = 50) -> np.ndarray:
    model = ResNet(1, 3, [16, 32, 64], [1, 1, 1]).eval()
    model.fc = torch.nn.Linear(64, 5)
    model.load_state_dict(read_safetensors(ENCODER))
    weights = [(module, "weight") for module in model.modules() if isinstance(module, torch.nn.Conv2d)]
    centroids = None
    curves = []
    for _ in range(levels):
        features = torch.cat([model(batch) for batch in images.split(BATCH)]).double()
        if centroids is None:
            centroids = torch.stack([features[labels == c].mean(dim=0) for c in range(int(labels.max()) + 1)])
        distances = (features[:, None] - centroids).pow(2).sum(dim=2).clamp(min=1e-12).sqrt()
        curves.append(functional.cross_entropy(1 / distances, labels, reduction="none"))
        prune.global_unstructured(weights, pruning_method=prune.L1Unstructured, amount=0.02)
    return torch.stack(curves).numpy()


def spearman(left: np.ndarray, right: np.ndarray) -> float:
    ranks = [np.argsort(np.argsort(values, kind="stable"), kind="stable") for values in (left, right)]
    return float(np.corrcoef(*ranks)[0, 1])
