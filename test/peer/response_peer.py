"""dlc_response against torch.nn.functional.cross_entropy: random logits of every dtype, vocabularies up to 150,000.

float16 and bfloat16 tensors go in as they are, without a copy; torch is given the same numbers widened to float32 and, as
the judge of both, to float64.
"""

from __future__ import annotations

import os
import sys

import numpy as np
import torch
from torch.nn.functional import cross_entropy

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "bench"))
from library import dlc  # noqa: E402

DTYPES = {torch.float32: dlc.DTYPE_F32, torch.float16: dlc.DTYPE_F16, torch.bfloat16: dlc.DTYPE_BF16}
ROWS, TOKENS = 4, 9
IGNORE = dlc.RESPONSE_IGNORE


def by_library(logits: torch.Tensor, labels: torch.Tensor, with_mask: bool) -> np.ndarray:
    """The usual shift, by slices: logits at t predict labels at t + 1."""
    mask = labels != IGNORE
    response = dlc.Response(DTYPES[logits.dtype], logits.shape[2], threads=2)
    response.begin(len(logits))
    response.add(logits[:, :-1], labels[:, 1:], mask[:, 1:] if with_mask else None)
    return response.get_losses()


def by_torch(logits: torch.Tensor, labels: torch.Tensor) -> np.ndarray:
    return np.array([cross_entropy(row[:-1], ids[1:], ignore_index=IGNORE).item()
                     for row, ids in zip(logits, labels)])


def main() -> None:
    torch.manual_seed(3)
    worst = {}
    for vocabulary in (2, 50, 1000, 32_000, 150_000):
        for spread in (0.01, 3.0, 12.0):
            drawn = torch.randn(ROWS, TOKENS, vocabulary) * spread
            labels = torch.randint(0, vocabulary, (ROWS, TOKENS))
            # Half of the targets are what the model is nearly sure of, as in a trained one.
            sure = torch.rand(ROWS, TOKENS) < 0.5
            drawn[:, :-1].scatter_add_(2, labels[:, 1:, None], sure[:, :-1, None] * 20.0)
            labels[torch.rand(ROWS, TOKENS) < 0.4] = IGNORE
            labels[:, -1] = 1
            for dtype in DTYPES:
                logits = drawn.to(dtype)
                exact = by_torch(logits.double(), labels)
                theirs = by_torch(logits.float(), labels)
                for with_mask in (True, False):
                    ours = by_library(logits, labels, with_mask)
                    errors = [(np.abs(got - exact) / exact).max() for got in (ours, theirs)]
                    worst[dtype] = np.maximum(worst.get(dtype, 0), errors)
                    if not np.allclose(ours, theirs, rtol=1e-5, atol=0):
                        sys.exit(f"{dtype}, vocabulary {vocabulary}, spread {spread}: {ours}, torch {theirs}")
    for dtype, (ours, theirs) in worst.items():
        print(f"{str(dtype):<16} largest relative error against float64: dlc {ours:.1e}, torch in float32 {theirs:.1e}")
        if ours > 1e-6:
            sys.exit("dlc_response is not as exact as its header says")


if __name__ == "__main__":
    main()
