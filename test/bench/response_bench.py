"""Losses of response tokens at a vocabulary of 150,000, against torch's cross_entropy on the same logits.

    BUILD=build /usr/bin/python3 test/bench/response_bench.py

Also the speed at which the logits are read, in GB/s, beside that of a plain sum over them (NumPy, one thread).
"""

from __future__ import annotations

import os
import sys

import numpy as np
import torch
from torch.nn.functional import cross_entropy

sys.path.insert(0, os.path.dirname(__file__))
from library import dlc, row, seconds

VOCABULARY, TOKENS = 150_000, 512
DTYPES = {torch.float32: dlc.DTYPE_F32, torch.float16: dlc.DTYPE_F16, torch.bfloat16: dlc.DTYPE_BF16}


def losses(response: dlc.Response, logits: torch.Tensor, targets: torch.Tensor) -> np.ndarray:
    response.begin(1)
    response.add(logits[None], targets[None])
    return response.get_losses()


def main() -> None:
    torch.manual_seed(1)
    wide = torch.randn(TOKENS, VOCABULARY) * 4
    targets = torch.randint(0, VOCABULARY, (TOKENS,))
    print(f"{TOKENS} tokens, vocabulary {VOCABULARY}; a plain sum reads "
          f"{wide.numel() * 4e-9 / seconds(lambda: wide.numpy().sum(dtype=np.float32)):.1f} GB/s")
    for dtype, code in DTYPES.items():
        logits = wide.to(dtype)
        for threads in (1, 2):
            torch.set_num_threads(threads)
            response = dlc.Response(code, VOCABULARY, threads=threads)
            ours = seconds(lambda: losses(response, logits, targets))
            # torch 1.13 has no float16 kernel for the processor: it widens.
            theirs = seconds(lambda: cross_entropy(logits.float(), targets))
            name = str(dtype).removeprefix("torch.")
            speed = logits.numel() * logits.element_size() * 1e-9 / ours
            row(f"losses, {name}, {threads} threads ({speed:.1f} GB/s)", ours, theirs, ">= 1 x")


if __name__ == "__main__":
    main()
