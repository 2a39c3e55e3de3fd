"""Scoring benchmarks: distances and loss against sgemm of the same shape, in one run; the exact class means.

    BUILD=build OPENBLAS_NUM_THREADS=2 /usr/bin/python3 test/bench/score_bench.py

The ratio is the share of sgemm's multiply-add rate that distances and loss reach. sgemm is NumPy's, so OpenBLAS's; the
environment variable OPENBLAS_CORETYPE chooses its kernels, and is printed.
"""

from __future__ import annotations

import os
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")

import numpy as np

sys.path.insert(0, os.path.dirname(__file__))
from library import dlc, row, seconds

SAMPLES, DIM, CLASSES = 100_000, 512, 100
REPEATS = 5


def scorer(labels: np.ndarray, threads: int) -> dlc.Score:
    return dlc.Score(labels, CLASSES, width=DIM, levels=1, threads=threads)


def observe(score: dlc.Score, features: np.ndarray, batch: int) -> None:
    """One level over all samples; the next call may begin it anew."""
    score.begin_level(0)
    for first in range(0, SAMPLES, batch):
        score.observe(features[first:first + batch], first)
    score.end_level()


def main() -> None:
    generator = np.random.default_rng(1)
    features = generator.standard_normal((SAMPLES, DIM), dtype=np.float32)
    labels = generator.integers(0, CLASSES, SAMPLES)
    centroids = generator.standard_normal((CLASSES, DIM), dtype=np.float32)
    product = np.empty((SAMPLES, CLASSES), np.float32)

    print(f"{SAMPLES} samples, dim {DIM}, {CLASSES} classes; OPENBLAS_CORETYPE={os.environ.get('OPENBLAS_CORETYPE', '')}")
    sgemm = seconds(lambda: np.matmul(features, centroids.T, out=product), REPEATS)
    for batch in (64, 1024, SAMPLES):
        score = scorer(labels, 2)
        score.set_centroids(centroids)

        def work() -> None:
            score.reset()  # keeps the centroids
            observe(score, features, batch)

        row(f"distances and loss, batch {batch}, against sgemm", seconds(work, REPEATS), sgemm, ">= 0.30 x")

    def means() -> None:
        score = scorer(labels, 2)
        for first in range(0, SAMPLES, 1024):
            score.add_features(features[first:first + 1024], first)
        score.finish_centroids()

    def means_by_numpy() -> None:
        for c in range(CLASSES):
            features[labels == c].mean(axis=0, dtype=np.float64)

    row("exact class means, against NumPy's in double", seconds(means), seconds(means_by_numpy), "none")


if __name__ == "__main__":
    main()
