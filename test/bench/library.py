"""What the benchmarks and the comparisons with NumPy and PyTorch share: dlc.py, times, and one way to print.

The library is taken from the folder named by the environment variable BUILD (build).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

os.environ.setdefault("DLC_LIBRARY", os.path.join(os.path.abspath(os.environ.get("BUILD", "build")), "libdlc.so"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples", "python"))
import dlc  # noqa: E402, F401


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """The shortest wall time of a few calls."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def row(what: str, ours: float, peer: float, target: str) -> None:
    """One line of the table: seconds of both, how many times faster libdlc is, and what it should be."""
    print(f"{what:<58} {ours:10.4f} s {peer:10.4f} s {peer / ours:9.2f} x   target {target}", flush=True)
