"""What the tests of the Python file share: the library of this build, the golden data, and an allocator that counts."""

from __future__ import annotations

import ctypes
import os
import sys
import unittest
from pathlib import Path

import numpy as np

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BUILD", "build")).resolve()
EXAMPLES = TOP / "examples" / "python"
GOLDEN = TOP / "test" / "golden"
SCHEDULES = {"a": "geometric:0.02x50", "b": "geometric:0.1x20"}

os.environ["BUILD"] = str(BUILD)  # for child processes, wherever they run
os.environ["DLC_LIBRARY"] = str(BUILD / "libdlc.so")
sys.path.insert(0, str(EXAMPLES))
import dlc  # noqa: E402

# Of a module that this build leaves out, there is nothing to test but that it says so.
needs_image = unittest.skipIf(os.environ.get("WITH_IMAGE") == "0", "built without images")
needs_encoder = unittest.skipIf(os.environ.get("WITH_ENCODER") == "0", "built without the encoder")


def golden(case: str, name: str) -> np.ndarray:
    """A golden array, in memory of its own."""
    return np.load(GOLDEN / case / f"{name}.npy")


class GoldenRun:
    """The two-layer encoder of the golden data in NumPy, and a run over it.

    `at_call` and `at_report` are called with the number of every call of the model and of every progress report.
    """

    def __init__(self, case: str = "a", schedule: str | None = None, allocator: dlc.Allocator | None = None) -> None:
        self.x, self.w1, self.w2 = golden(case, "x"), golden(case, "w1"), golden(case, "w2")
        self.labels = golden(case, "labels")
        self.saved = self.w1.tobytes(), self.w2.tobytes()
        self.calls = self.reports = 0
        self.mask = dlc.Mask(schedule=schedule or SCHEDULES[case], allocator=allocator)
        self.mask.add_tensor("w1", self.w1)
        self.mask.add_tensor("w2", self.w2)
        self.score = dlc.Score(self.labels, width=len(self.w2), keep_curves=True, allocator=allocator)
        self.run = dlc.Run(self.mask, self.score, self.forward, progress=self.progress, batch=64, allocator=allocator)

    def at_call(self, call: int) -> None:
        pass

    def at_report(self, report: int) -> None:
        pass

    def forward(self, level: int, first: int, rows: int, out: np.ndarray) -> None:
        call, self.calls = self.calls, self.calls + 1
        out[:] = np.maximum(self.x[first:first + rows] @ self.w1.T, 0) @ self.w2.T
        self.at_call(call)

    def progress(self, *_: int) -> None:
        report, self.reports = self.reports, self.reports + 1
        self.at_report(report)

    def weights_are_untouched(self) -> bool:
        return (self.w1.tobytes(), self.w2.tobytes()) == self.saved

    def execute(self) -> np.ndarray:
        self.calls = self.reports = 0
        self.run.execute()
        return self.score.get_scores()


class CountingAllocator(dlc.Allocator):
    """malloc() and free(), with every block remembered. `at_allocation` is called with the number of each."""

    def __init__(self) -> None:
        libc = ctypes.CDLL(None)
        libc.malloc.restype = ctypes.c_void_p
        libc.malloc.argtypes = [ctypes.c_size_t]
        libc.free.argtypes = [ctypes.c_void_p]
        blocks = self.blocks = {}
        count = self.count = [0]
        hook = self.hook = [lambda number: None]

        def allocate(size: int) -> int:
            number, count[0] = count[0], count[0] + 1
            hook[0](number)
            block = libc.malloc(size)
            blocks[block] = size
            return block

        def release(block: int) -> None:
            del blocks[block]
            libc.free(block)

        super().__init__(allocate, release)


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
