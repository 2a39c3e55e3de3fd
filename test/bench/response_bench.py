"""Losses of response tokens at a vocabulary of 150,000, against torch's cross_entropy on the same logits.

    BUILD=build /usr/bin/python3 test/bench/response_bench.py

Also the speed at which the logits are read, in GB/s, beside that of a plain sum over them (NumPy, one thread).
"""

from __future__ import annotations

import ctypes
import os
import sys

import numpy as np
import torch
from torch.nn.functional import cross_entropy

sys.path.insert(0, os.path.dirname(__file__))
from library import Handle, row, seconds

VOCABULARY, TOKENS = 150_000, 512
DTYPES = {torch.float32: 1, torch.float16: 2, torch.bfloat16: 3}  # DLC_DTYPE_*


def losses(response: Handle, logits: torch.Tensor, targets: np.ndarray) -> np.ndarray:
    out = np.empty(1, np.float32)
    response("begin", 1)
    response("add", 0, 1, TOKENS, ctypes.c_void_p(logits.data_ptr()), 0, VOCABULARY, targets, TOKENS, None, 0)
    response("get_losses", out, None)
    return out


def main() -> None:
    torch.manual_seed(1)
    wide = torch.randn(TOKENS, VOCABULARY) * 4
    targets = torch.randint(0, VOCABULARY, (TOKENS,))
    ids = targets.numpy()
    print(f"{TOKENS} tokens, vocabulary {VOCABULARY}; a plain sum reads "
          f"{wide.numel() * 4e-9 / seconds(lambda: wide.numpy().sum(dtype=np.float32)):.1f} GB/s")
    for dtype, code in DTYPES.items():
        logits = wide.to(dtype)
        for threads in (1, 2):
            torch.set_num_threads(threads)
            response = Handle("response")
            response("set_logits", ctypes.c_int32(code), VOCABULARY)
            response("set_threads", ctypes.c_int32(threads))
            ours = seconds(lambda: losses(response, logits, ids))
            # torch 1.13 has no float16 kernel for the processor: it widens.
            theirs = seconds(lambda: cross_entropy(logits.float(), targets))
            name = str(dtype).removeprefix("torch.")
            speed = logits.numel() * logits.element_size() * 1e-9 / ours
            row(f"losses, {name}, {threads} threads ({speed:.1f} GB/s)", ours, theirs, ">= 1 x")


if __name__ == "__main__":
    main()
