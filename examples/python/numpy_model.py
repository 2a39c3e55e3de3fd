#!/usr/bin/env python3
"""A model in NumPy, its weights masked in place: which images of five new classes are worth training on?

A small network learns five classes of Fashion-MNIST; libdlc scores images of the five others with it, and keeps 30 %.

    apt-get install python3-numpy dataset-fashion-mnist
    python3 numpy_model.py
"""

from __future__ import annotations

import numpy as np

import dlc
from fashion import KNOWN, NEW, load


class Network:
    """Two hidden layers and a head; the second layer's output are the features."""

    def __init__(self, inputs: int, hidden: int, features: int, classes: int) -> None:
        random = np.random.default_rng(1)
        sizes = [(inputs, hidden), (hidden, features), (features, classes)]
        self.weights = [random.standard_normal(size, np.float32) * np.float32((2 / size[0]) ** 0.5) for size in sizes]

    def features(self, inputs: np.ndarray) -> np.ndarray:
        return np.maximum(np.maximum(inputs @ self.weights[0], 0) @ self.weights[1], 0)

    def train(self, inputs: np.ndarray, labels: np.ndarray, epochs: int, rate: float) -> None:
        """Plain gradient descent on the cross entropy."""
        random = np.random.default_rng(1)
        first, second, head = self.weights
        for _ in range(epochs):
            for batch in np.array_split(random.permutation(len(inputs)), len(inputs) // 64):
                x = inputs[batch]
                hidden = np.maximum(x @ first, 0)
                features = np.maximum(hidden @ second, 0)
                logits = features @ head
                error = np.exp(logits - logits.max(axis=1, keepdims=True))
                error /= error.sum(axis=1, keepdims=True)
                error[np.arange(len(batch)), labels[batch]] -= 1
                error *= rate / len(batch)
                to_features = error @ head.T * (features > 0)
                to_hidden = to_features @ second.T * (hidden > 0)
                head -= features.T @ error
                second -= hidden.T @ to_features
                first -= x.T @ to_hidden


def main() -> None:
    images, labels = load(KNOWN, per_class=2000)
    network = Network(784, 128, 64, len(KNOWN))
    network.train(images.reshape(-1, 784), labels, epochs=3, rate=0.1)

    images, labels = load(NEW, per_class=400)
    inputs = images.reshape(-1, 784)

    # The arrays themselves are masked, level by level, and put back at the end. The head is not used, so not masked.
    mask = dlc.Mask(schedule="geometric:0.02x50")
    mask.add_tensor("first", network.weights[0])
    mask.add_tensor("second", network.weights[1])
    score = dlc.Score(labels, width=64)

    def forward(level: int, first: int, rows: int, out: np.ndarray) -> None:
        out[:] = network.features(inputs[first:first + rows])

    dlc.Run(mask, score, forward, batch=256).execute()
    scores = score.get_scores()
    kept = dlc.Flexrand(labels, scores, gamma=0.5).select_keep(0.3)

    print(f"kept {len(kept)} of {len(labels)} images")
    for label, name in enumerate(NEW):
        members = np.flatnonzero(labels == label)
        print(f"{name:<10} mean score {scores[members].mean():.3f}   kept {np.isin(members, kept).sum()}")
    ranking = scores.argsort()
    print(f"easiest: {ranking[:5]}   hardest: {ranking[-5:]}")


if __name__ == "__main__":
    main()
