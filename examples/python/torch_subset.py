#!/usr/bin/env python3
"""From class folders to a torch.utils.data.Subset: score with libdlc's own encoder, select, train on the selection.

libdlc numbers the images of a folder as torchvision's ImageFolder does, so the indices that it selects serve a Dataset
over the same folder as they are. A data set in another order is matched by the images' paths.

    apt-get install python3-numpy python3-pil python3-torch dataset-fashion-mnist
    python3 ../demo/fashion_folders.py images --per-class 200
    python3 torch_subset.py images
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Subset

import dlc

WEIGHTS = Path(__file__).resolve().parent.parent / "demo" / "fashion_resnet.safetensors"


class Folder(Dataset):
    """Images by path: a stand-in for the Dataset that you have."""

    def __init__(self, root: str, paths: list[str], labels: list[int]) -> None:
        self.root, self.paths, self.labels = root, paths, labels

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        pixels = np.asarray(Image.open(Path(self.root, self.paths[index])), np.float32) / 255
        return torch.from_numpy(pixels)[None], self.labels[index]


def score_folder(images: dlc.Images) -> np.ndarray:
    """Scores by the embedded encoder: no other engine is needed."""
    weights = dlc.Safetensors(WEIGHTS)
    encoder = dlc.Encoder(weights, threads=0)
    mask = dlc.Mask(threads=0)
    for tensor in weights.tensors:
        if tensor.masked_by_default:
            mask.add_tensor(tensor.name, tensor)
    score = dlc.Score(images.labels, width=encoder.dim)

    def forward(level: int, first: int, rows: int, out: np.ndarray) -> None:
        encoder.forward(images.read(first, rows), first, out)

    dlc.Run(mask, score, forward, batch=16 * encoder.block).execute()
    return score.get_scores()


def main() -> None:
    root = sys.argv[1]
    images = dlc.Images(root, channels=1, threads=0)
    paths, labels = images.paths, images.labels
    kept = dlc.Flexrand(labels, score_folder(images)).select_keep(0.3)

    # By index: the same order.
    dataset = Folder(root, paths, labels.tolist())
    subset = Subset(dataset, kept.tolist())

    # By path: any order.
    shuffled = np.random.default_rng(1).permutation(len(paths)).tolist()
    other = Folder(root, [paths[i] for i in shuffled], [int(labels[i]) for i in shuffled])
    chosen = {paths[i] for i in kept}
    same = Subset(other, [index for index, path in enumerate(other.paths) if path in chosen])

    counts = np.zeros(images.class_count, int)
    for pixels, batch in DataLoader(subset, batch_size=64, shuffle=True):  # an epoch of training would be here
        counts += np.bincount(batch.numpy(), minlength=len(counts))
    print(f"{len(subset)} of {len(dataset)} images, {len(same)} by path")
    for name, count in zip(images.class_names, counts):
        print(f"{name:<10} {count}")


if __name__ == "__main__":
    main()
