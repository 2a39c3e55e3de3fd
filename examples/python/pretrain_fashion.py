#!/usr/bin/env python3
"""Pre-train the small ResNet that scores the demo's samples.

The demo needs a model that has learnt from data like the data to be pruned,
but never from that data.  This script trains one on five Fashion-MNIST classes
(trouser, sandal, sneaker, bag, ankle boot), tests it on their test images, and
writes its weights as a safetensors file with torchvision's tensor names.  The
demo scores the other five classes.

The model never sees an image of those other five; the script never computes a
score and never touches the network.  libdlc needs neither it nor PyTorch: the
demo's copy of the weights comes with the sources.  On one machine and PyTorch
build, the same options give the same file, bit for bit.

Usage:
    apt-get install python3-torch dataset-fashion-mnist
    python3 pretrain_fashion.py --out fashion_resnet.safetensors
"""

from __future__ import annotations

import argparse
import json
import os
import struct
import sys
import time
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

import fashion
from fashion import DATA, KNOWN

CHANNELS = (16, 32, 64)
BATCH = 128
TOP_RATE = 0.1
DTYPES = {torch.float32: ("F32", "<f4"), torch.int64: ("I64", "<i8")}


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut, named as in torchvision."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample: nn.Module | None = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                nn.BatchNorm2d(outputs),
            )

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(x)) + shortcut)


class SmallResNet(nn.Module):
    """A ResNet for 28x28 grey images: one basic block in each of 3 stages.

    The stem is 3x3 with stride 1 and no max-pool follows it, as is usual for
    ResNets on small images.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        first, second, third = CHANNELS
        self.conv1 = nn.Conv2d(1, first, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(first)
        self.layer1 = nn.Sequential(BasicBlock(first, first, 1))
        self.layer2 = nn.Sequential(BasicBlock(first, second, 2))
        self.layer3 = nn.Sequential(BasicBlock(second, third, 2))
        self.fc = nn.Linear(third, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(
                    module.weight, mode="fan_out", nonlinearity="relu"
                )

    def features(self, x: Tensor) -> Tensor:
        """What the model returns for a sample before its head."""
        x = functional.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return x.mean(dim=(2, 3))

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.features(x))


def load(folder: Path, part: str) -> tuple[Tensor, Tensor]:
    """Images and labels of the five classes; `part` is "train" or "t10k"."""
    images, labels = fashion.load(KNOWN, part, folder=folder)
    return torch.from_numpy(images), torch.from_numpy(labels)


def train(
    model: SmallResNet, images: Tensor, labels: Tensor, epochs: int
) -> None:
    """Train by SGD with a one-cycle learning rate; one line per epoch."""
    optimizer = torch.optim.SGD(
        model.parameters(),
        TOP_RATE,
        momentum=0.9,
        nesterov=True,
        weight_decay=5e-4,
    )
    steps = -(-len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, TOP_RATE, total_steps=epochs * steps
    )
    model.train()
    for epoch in range(epochs):
        begin = time.monotonic()
        total = 0.0
        for batch in torch.randperm(len(images)).split(BATCH):
            logits = model(images[batch])
            loss = functional.cross_entropy(logits, labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(batch)
        seconds = time.monotonic() - begin
        print(
            f"epoch {epoch + 1} of {epochs}: "
            f"mean loss {total / len(images):.4f}, {seconds:.0f} s",
            flush=True,
        )


@torch.no_grad()
def accuracy(model: SmallResNet, images: Tensor, labels: Tensor) -> float:
    """Share of the images whose largest logit is the label's."""
    model.eval()
    correct = 0
    for pixels, wanted in zip(images.split(500), labels.split(500)):
        correct += int((model(pixels).argmax(dim=1) == wanted).sum())
    return correct / len(labels)


def write_safetensors(
    path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]
) -> None:
    """Write a safetensors file; it appears whole, by rename.

    The tensors keep their order in the data, since libdlc takes the order of
    the weight tensors from their offsets.
    """
    header: dict[str, object] = {"__metadata__": metadata}
    chunks = []
    offset = 0
    for name, tensor in tensors.items():
        dtype, layout = DTYPES[tensor.dtype]
        chunk = tensor.detach().numpy().astype(layout).tobytes()
        header[name] = {
            "dtype": dtype,
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + len(chunk)],
        }
        chunks.append(chunk)
        offset += len(chunk)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)

    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(struct.pack("<Q", len(text)))
            file.write(text)
            file.write(b"".join(chunks))
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return value


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Pre-train a small ResNet on five Fashion-MNIST classes."
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="W.safetensors",
        help="file to write the weights to",
    )
    parser.add_argument(
        "--data", type=Path, default=DATA, metavar="DIR",
        help="folder of the four gzipped idx files (default: %(default)s)",
    )
    parser.add_argument(
        "--epochs", type=positive, default=8, help="default: %(default)s"
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="default: %(default)s"
    )
    parser.add_argument(
        "--threads", type=positive, default=1,
        help="the output's bits depend on it (default: %(default)s)",
    )
    return parser.parse_args()


def run(arguments: argparse.Namespace) -> None:
    # Found out now, not after minutes of training.
    if not arguments.out.parent.is_dir():
        raise ValueError(f"{arguments.out.parent}: no such folder")
    torch.set_num_threads(arguments.threads)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(arguments.seed)

    images, labels = load(arguments.data, "train")
    test_images, test_labels = load(arguments.data, "t10k")
    model = SmallResNet(len(KNOWN))
    print(
        f"training on {len(images)} images of {len(KNOWN)} classes",
        flush=True,
    )
    train(model, images, labels, arguments.epochs)
    tested = f"{accuracy(model, test_images, test_labels):.4f}"
    print(f"test accuracy {tested} on {len(test_images)} images")

    metadata = {
        "architecture": "ResNet, torchvision names; 3x3 stem of stride 1 "
        "without max-pool; basic blocks 1-1-1; channels 16-32-64; "
        "bn eps 1e-5",
        "classes": ", ".join(KNOWN),
        "data": "Fashion-MNIST, all training images of these classes",
        "input": "1x28x28, pixel / 255",
        "test_accuracy": tested,
        "training": f"{arguments.epochs} epochs, seed {arguments.seed}",
    }
    write_safetensors(arguments.out, model.state_dict(), metadata)
    print(f"wrote {arguments.out}")


def main() -> int:
    arguments = parse_arguments()
    try:
        run(arguments)
    except (OSError, ValueError) as error:
        print(f"{Path(sys.argv[0]).name}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
