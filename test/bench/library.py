"""What the benchmarks and the comparisons with NumPy and PyTorch share: libdlc through ctypes, and one way to print.

The library is taken from the folder named by the environment variable BUILD (build). Not a binding: it
declares only what a caller asks for.
"""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Callable

import numpy as np

lib = ctypes.CDLL(os.path.join(os.environ.get("BUILD", "build"), "libdlc.so"))
lib.dlc_status_name.restype = ctypes.c_char_p


class Handle:
    """An owned handle of one module ("mask"): h("plan") calls dlc_mask_plan(handle) and raises on a status below 0.

    Arguments: int -> int64_t, float -> double, str -> const char *, arrays -> their data; wrap anything else (an int32_t,
    say) in its ctypes type.
    """

    def __init__(self, module: str, allocator: ctypes.c_void_p | None = None) -> None:
        self.module = module
        self.pointer = ctypes.c_void_p()
        status = self._function("create")(allocator, ctypes.byref(self.pointer))
        if status != 0:
            raise MemoryError(module)

    def _function(self, verb: str):
        return getattr(lib, f"dlc_{self.module}_{verb}")

    def __call__(self, verb: str, *arguments) -> None:
        function = self._function(verb)
        function.restype = ctypes.c_int32
        status = function(self.pointer, *map(_convert, arguments))
        if status < 0:
            message = self._function("message")
            message.restype = ctypes.c_char_p
            raise RuntimeError(f"{lib.dlc_status_name(status).decode()}: {message(self.pointer).decode()}")

    def count(self, verb: str, *arguments) -> int:
        """Calls a getter that returns int64_t."""
        function = self._function(verb)
        function.restype = ctypes.c_int64
        return function(self.pointer, *map(_convert, arguments))

    def text(self, verb: str, *arguments) -> str:
        """Calls a getter that returns a string."""
        function = self._function(verb)
        function.restype = ctypes.c_char_p
        return function(self.pointer, *map(_convert, arguments)).decode()

    def __del__(self) -> None:
        self._function("free")(self.pointer)


def _convert(value):
    if isinstance(value, np.ndarray):
        return ctypes.c_void_p(value.ctypes.data)
    if isinstance(value, Handle):
        return value.pointer
    if isinstance(value, float):
        return ctypes.c_double(value)
    if isinstance(value, int):
        return ctypes.c_int64(value)
    if isinstance(value, str):
        return value.encode()
    return value


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
