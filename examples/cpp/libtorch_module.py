"""libtorch_module.py FOLDER - makes what libtorch.cpp reads: a small convolutional network, trained for a moment on made-up
images and saved as TorchScript (FOLDER/module.pt), and the images to choose from (FOLDER/x.npy, labels.npy).

Needs python3-torch and python3-numpy. A real program has its own module: torch.jit.script(model).save("module.pt"), with a
forward() that returns features, and in evaluation mode.
"""

from __future__ import annotations

import sys

import numpy as np
import torch
from torch import Tensor, nn

CLASSES, PER_CLASS, SIDE = 4, 60, 12


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 16, 3, stride=2, padding=1)
        self.fc = nn.Linear(16, 24)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.norm(self.conv1(x)))
        x = torch.relu(self.conv2(x)).mean(dim=[2, 3])
        return self.fc(x)


def images(generator: torch.Generator, classes: int) -> tuple[Tensor, Tensor]:
    """Every class is stripes of its own direction and width, under noise."""
    labels = torch.arange(classes * PER_CLASS) % classes
    rows, columns = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    angles = labels[:, None, None] * (np.pi / classes)
    stripes = torch.sin((rows * torch.cos(angles) + columns * torch.sin(angles)) * (1 + labels[:, None, None] % 3))
    return (stripes + torch.randn(stripes.shape, generator=generator))[:, None], labels


def main(folder: str) -> None:
    torch.manual_seed(1)
    generator = torch.Generator().manual_seed(1)
    model = Network()
    head = nn.Linear(24, 8)
    x, labels = images(generator, 8)
    optimizer = torch.optim.Adam([*model.parameters(), *head.parameters()], lr=0.01)
    for _ in range(30):
        optimizer.zero_grad()
        nn.functional.cross_entropy(head(model(x)), labels).backward()
        optimizer.step()
    model.eval()
    # Not frozen: torch.jit.freeze() makes constants of the weights, and masks would have no effect.
    torch.jit.script(model).save(f"{folder}/module.pt")
    x, labels = images(generator, CLASSES)
    np.save(f"{folder}/x.npy", x.numpy())
    np.save(f"{folder}/labels.npy", labels.numpy())


if __name__ == "__main__":
    main(sys.argv[1])
