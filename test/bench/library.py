"""What the benchmarks and the comparisons with NumPy and PyTorch share: dlc.py, times, and one way to print.

The library is taken from the folder named by the environment variable BUILD (build).
"""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Callable

os.environ.setdefault("DLC_LIBRARY", os.path.join(os.path.abspath(os.environ.get("BUILD", "build")), "libdlc.so"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples", "python"))
import dlc  # noqa: E402


class Meter(dlc.Allocator):
    """malloc() and free() as libdlc's allocator, which knows how many bytes are held, and were at most."""

    def __init__(self) -> None:
        libc = ctypes.CDLL(None)
        libc.malloc.restype = ctypes.c_void_p
        libc.malloc.argtypes = [ctypes.c_size_t]
        libc.free.argtypes = [ctypes.c_void_p]
        sizes: dict[int, int] = {}
        self.held = self.peak = 0

        def allocate(size: int) -> int:
            block = libc.malloc(size)
            sizes[block] = size
            self.held += size
            self.peak = max(self.peak, self.held)
            return block

        def release(block: int) -> None:
            self.held -= sizes.pop(block)
            libc.free(block)

        super().__init__(allocate, release)


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
