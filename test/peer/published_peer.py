"""`dlc score` on class folders against a PyTorch program that does what the published script does.

Per level: features of all samples, distances to the centroids of the unmasked model, cross entropy of 1 / distance;
then torch.nn.utils.prune.global_unstructured masks 2 % of what is left. Scores and curves must agree, and so must the
ranking. Real images: part of the demo's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn import functional
from torch.nn.utils import prune

sys.path.insert(0, os.path.dirname(__file__))
from torch_resnet import ResNet, read_safetensors  # noqa: E402

PER_CLASS = 40
LEVELS = 50
ENCODER = "examples/demo/fashion_resnet.safetensors"


@torch.no_grad()
def published_curves(images: torch.Tensor, labels: torch.Tensor) -> np.ndarray:
    model = ResNet(1, 3, [16, 32, 64], [1, 1, 1]).eval()
    model.fc = torch.nn.Linear(64, 5)
    model.load_state_dict(read_safetensors(ENCODER))
    weights = [(module, "weight") for module in model.modules() if isinstance(module, torch.nn.Conv2d)]
    centroids = None
    curves = []
    for _ in range(LEVELS):
        features = model(images).double()
        if centroids is None:
            centroids = torch.stack([features[labels == c].mean(dim=0) for c in range(int(labels.max()) + 1)])
        distances = (features[:, None] - centroids).pow(2).sum(dim=2).clamp(min=1e-12).sqrt()
        curves.append(functional.cross_entropy(1 / distances, labels, reduction="none"))
        prune.global_unstructured(weights, pruning_method=prune.L1Unstructured, amount=0.02)
    return torch.stack(curves).numpy()


def ranks(values: np.ndarray) -> np.ndarray:
    order = np.empty(len(values))
    order[np.argsort(values, kind="stable")] = np.arange(len(values))
    return order


def main() -> None:
    build = os.environ.get("BUILD", "build")
    with tempfile.TemporaryDirectory() as work:
        subprocess.run([sys.executable, "examples/demo/fashion_folders.py", f"{work}/images", "--per-class",
                        str(PER_CLASS)], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([f"{build}/dlc", "score", "--encoder", ENCODER, "--images", f"{work}/images", "--out-dir",
                        f"{work}/run"], check=True)
        paths = Path(f"{work}/run/samples.txt").read_text().splitlines()
        labels = np.load(f"{work}/run/labels.npy")
        curves, scores = np.load(f"{work}/run/curves.npy"), np.load(f"{work}/run/scores.npy")
        pixels = np.stack([np.asarray(Image.open(f"{work}/images/{path}")) for path in paths])
    images = torch.from_numpy(pixels).float()[:, None] / 255
    expected = published_curves(images, torch.from_numpy(labels))
    difference = np.abs(curves - expected).max()
    spearman = np.corrcoef(ranks(scores), ranks(expected.mean(axis=0)))[0, 1]
    print(f"{len(paths)} samples: largest difference of a loss {difference:.2e}, Spearman of the scores {spearman:.6f}")
    if difference > 1e-4 or spearman < 0.9999:
        sys.exit("dlc and PyTorch disagree")


main()
