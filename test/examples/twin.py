"""What the examples compute, once more in NumPy, from the formulas of docs/method.md: what their output is held against."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np


def noise(count: int, shift: int = 8) -> np.ndarray:
    """The numbers that the C examples make up, `32 - shift` bits each, from -0.5 to 0.5."""
    state, values = 1, []
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append((state >> shift) / 2 ** (32 - shift) - 0.5)
    return np.array(values, np.float32)


def masked(weights: list[np.ndarray], amount: float, levels: int) -> Iterator[tuple[int, float, list[np.ndarray]]]:
    """For every level of the geometric schedule: kept weights, threshold, the weights as they are then."""
    flat = np.concatenate([w.ravel() for w in weights])
    order = np.argsort(np.abs(flat), kind="stable")
    cuts = np.cumsum([w.size for w in weights])[:-1]
    gone = 0
    for _ in range(levels):
        left = flat.copy()
        left[order[:gone]] = 0
        threshold = float(np.abs(flat[order[gone - 1]])) if gone else 0.0
        yield flat.size - gone, threshold, [p.reshape(w.shape) for p, w in zip(np.split(left, cuts), weights)]
        gone += round(amount * (flat.size - gone))


def scores(features: list[np.ndarray], labels: np.ndarray) -> np.ndarray:
    """DLC: the mean over the levels of the cross entropy of 1 / distance to the unmasked class means."""
    features = [z.astype(np.float64) for z in features]
    centroids = np.stack([features[0][labels == c].mean(axis=0) for c in range(labels.max() + 1)])
    losses = []
    for z in features:
        logits = 1 / np.sqrt(np.maximum(((z[:, None] - centroids) ** 2).sum(axis=2), 1e-12))
        top = logits.max(axis=1, keepdims=True)
        losses.append(np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0] - logits[np.arange(len(labels)), labels])
    return np.mean(losses, axis=0)


def read_safetensors(path: str) -> dict[str, np.ndarray]:
    """The float32 tensors of a file."""
    data = open(path, "rb").read()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    return {
        name: np.frombuffer(data[8 + size :][slice(*entry["data_offsets"])], np.float32).reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__" and entry["dtype"] == "F32"
    }


def resnet(weights: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Features of a ResNet of basic blocks with a 3x3 stem; x: float64 [samples, channels, height, width]."""

    def conv(name: str, x: np.ndarray, stride: int) -> np.ndarray:
        w = weights[f"{name}.weight"].astype(np.float64)
        side = w.shape[2]
        x = np.pad(x, [(0, 0), (0, 0), (side // 2,) * 2, (side // 2,) * 2])
        windows = np.lib.stride_tricks.sliding_window_view(x, (side, side), axis=(2, 3))[:, :, ::stride, ::stride]
        return np.einsum("nchwij,ocij->nohw", windows, w, optimize=True)

    def norm(name: str, x: np.ndarray) -> np.ndarray:
        w, b, mean, var = (
            weights[f"{name}.{part}"].astype(np.float64)[:, None, None]
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        return (x - mean) / np.sqrt(var + 1e-5) * w + b

    x = np.maximum(norm("bn1", conv("conv1", x, 1)), 0)
    blocks = sorted({name.rsplit(".conv1", 1)[0] for name in weights if name.startswith("layer") and ".conv1." in name})
    for block in blocks:
        stride = 2 if block.endswith(".0") and not block.startswith("layer1.") else 1
        shortcut = x
        if f"{block}.downsample.0.weight" in weights:
            shortcut = norm(f"{block}.downsample.1", conv(f"{block}.downsample.0", x, stride))
        y = np.maximum(norm(f"{block}.bn1", conv(f"{block}.conv1", x, stride)), 0)
        x = np.maximum(norm(f"{block}.bn2", conv(f"{block}.conv2", y, 1)) + shortcut, 0)
    return x.mean(axis=(2, 3))
