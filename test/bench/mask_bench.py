"""Plan plus 50 applied levels over the linear layers of ViT-B/16, against torch.nn.utils.prune.global_unstructured.

The layers are the nn.Linear modules of torchvision's vit_b_16 but its head: in each of 12 blocks the attention's output
projection and the two of the MLP, 63,700,992 weights (its query, key and value weights are one plain parameter, which
a walk over nn.Linear modules does not see). Weights are normal, of deviation 0.02. The peer masks 2 % of what is left
once a level, as the published code does; two calls are measured and scaled to 50. Both run on two threads.
"""

from __future__ import annotations

import ctypes
import statistics
import time

import numpy as np
import torch
from torch.nn.utils import prune

from library import Handle, lib, row

BLOCKS = 12
SHAPES = {"attn.proj": (768, 768), "mlp.fc1": (3072, 768), "mlp.fc2": (768, 3072)}
LEVELS = 50
THREADS = 2
F32, BF16 = 1, 3


class Meter:
    """An allocator for libdlc that knows how many bytes were held at most."""

    ALLOCATE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.POINTER(ctypes.c_void_p))
    RELEASE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)

    def __init__(self) -> None:
        libc = ctypes.CDLL(None)
        libc.malloc.restype = ctypes.c_void_p
        libc.malloc.argtypes = [ctypes.c_size_t]
        libc.free.argtypes = [ctypes.c_void_p]
        self.sizes: dict[int, int] = {}
        self.held = self.peak = 0

        def allocate(_, size, result):
            block = libc.malloc(size)
            self.sizes[block] = size
            self.held += size
            self.peak = max(self.peak, self.held)
            result[0] = block

        def release(_, block):
            self.held -= self.sizes.pop(block)
            libc.free(block)

        self.callbacks = self.ALLOCATE(allocate), self.RELEASE(release)
        self.pointer = ctypes.c_void_p()
        lib.dlc_allocator_create(*self.callbacks, None, ctypes.byref(self.pointer))


def make_weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return {
        f"blocks.{block}.{name}": torch.randn(shape) * 0.02 for block in range(BLOCKS) for name, shape in SHAPES.items()
    }


def new_mask(weights: dict[str, torch.Tensor], dtype: int, allocator: ctypes.c_void_p | None = None) -> Handle:
    mask = Handle("mask", allocator)
    mask("set_threads", ctypes.c_int32(THREADS))
    for name, tensor in weights.items():
        data = ctypes.c_void_p(tensor.data_ptr())
        mask("add_tensor", name, ctypes.c_int32(dtype), data, tensor.numel(), ctypes.c_int32(1))
    return mask


def timed(weights: dict[str, torch.Tensor], dtype: int) -> dict[str, float]:
    """One plan, all levels applied in place, and restore: seconds of each part."""
    mask = new_mask(weights, dtype)
    marks = [time.perf_counter()]
    mask("plan")
    marks.append(time.perf_counter())
    for level in range(LEVELS):
        mask("apply", level)
        marks.append(time.perf_counter())
    mask("restore")
    marks.append(time.perf_counter())
    parts = np.diff(marks)
    return {
        "all": marks[-2] - marks[0],
        "plan": parts[0],
        "first apply": parts[1],
        "later apply": statistics.median(parts[2:-1]),
        "restore": parts[-1],
    }


def best(weights: dict[str, torch.Tensor], dtype: int) -> dict[str, float]:
    runs = [timed(weights, dtype) for _ in range(5)]
    return {part: min(run[part] for run in runs) for part in runs[0]}


def memory(weights: dict[str, torch.Tensor], dtype: int) -> tuple[int, int]:
    """Bytes held at most during plan and apply, and what was estimated before."""
    meter = Meter()
    mask = new_mask(weights, dtype, meter.pointer)
    estimate = ctypes.c_int64()
    mask("memory_estimate", ctypes.byref(estimate))
    mask("plan")
    mask("apply", LEVELS - 1)
    mask("restore")
    return meter.peak, estimate.value


def torch_prune(weights: dict[str, torch.Tensor]) -> float:
    """Seconds of 50 calls, from two."""
    modules = []
    for tensor in weights.values():
        module = torch.nn.Linear(tensor.shape[1], tensor.shape[0], bias=False)
        module.weight = torch.nn.Parameter(tensor.clone(), requires_grad=False)
        modules.append((module, "weight"))
    start = time.perf_counter()
    for _ in range(2):
        prune.global_unstructured(modules, pruning_method=prune.L1Unstructured, amount=0.02)
    return (time.perf_counter() - start) / 2 * LEVELS


def main() -> None:
    torch.set_num_threads(THREADS)
    weights = make_weights()
    count = sum(tensor.numel() for tensor in weights.values())
    print(f"mask: plan and {LEVELS} levels over {count:,} weights, {THREADS} threads")
    results = {}
    for name, dtype, size, converted in (
        ("float32", F32, 4, weights),
        ("bfloat16", BF16, 2, {key: tensor.to(torch.bfloat16) for key, tensor in weights.items()}),
    ):
        results[name] = ours = best(converted, dtype)
        for part in ("plan", "first apply", "later apply", "restore"):
            print(f"  {name:<9} {part:<12} {1000 * ours[part]:8.1f} ms")
        peak, estimate = (held / (count * size) for held in memory(converted, dtype))
        print(f"  {name:<9} extra memory {peak:8.3f} x the weights (estimated {estimate:.3f})   target 0.75")
    peer = torch_prune(weights)
    row("mask, float32, against global_unstructured", results["float32"]["all"], peer, "800 x")
    row("mask, bfloat16, against global_unstructured in float32", results["bfloat16"]["all"], peer, "800 x")


if __name__ == "__main__":
    main()
