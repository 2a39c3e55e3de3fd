"""Plan plus 50 applied levels over the linear layers of ViT-B/16, against torch.nn.utils.prune.global_unstructured.

The layers are the nn.Linear modules of torchvision's vit_b_16 but its head: in each of 12 blocks the attention's output
projection and the two of the MLP, 63,700,992 weights (its query, key and value weights are one plain parameter, which
a walk over nn.Linear modules does not see). Weights are normal, of deviation 0.02. The peer masks 2 % of what is left
once a level, as the published code does; two calls are measured and scaled to 50. Both run on two threads.
"""

from __future__ import annotations

import statistics
import time

import numpy as np
import torch
from torch.nn.utils import prune

from library import Meter, dlc, row

BLOCKS = 12
SHAPES = {"attn.proj": (768, 768), "mlp.fc1": (3072, 768), "mlp.fc2": (768, 3072)}
LEVELS = 50
THREADS = 2


def make_weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return {
        f"blocks.{block}.{name}": torch.randn(shape) * 0.02 for block in range(BLOCKS) for name, shape in SHAPES.items()
    }


def new_mask(weights: dict[str, torch.Tensor], allocator: dlc.Allocator | None = None) -> dlc.Mask:
    mask = dlc.Mask(threads=THREADS, allocator=allocator)
    for name, tensor in weights.items():
        mask.add_tensor(name, tensor)
    return mask


def timed(weights: dict[str, torch.Tensor]) -> dict[str, float]:
    """One plan, all levels applied in place, and restore: seconds of each part."""
    mask = new_mask(weights)
    marks = [time.perf_counter()]
    mask.plan()
    marks.append(time.perf_counter())
    for level in range(LEVELS):
        mask.apply(level)
        marks.append(time.perf_counter())
    mask.restore()
    marks.append(time.perf_counter())
    parts = np.diff(marks)
    return {
        "all": marks[-2] - marks[0],
        "plan": parts[0],
        "first apply": parts[1],
        "later apply": statistics.median(parts[2:-1]),
        "restore": parts[-1],
    }


def best(weights: dict[str, torch.Tensor]) -> dict[str, float]:
    runs = [timed(weights) for _ in range(5)]
    return {part: min(run[part] for run in runs) for part in runs[0]}


def memory(weights: dict[str, torch.Tensor]) -> tuple[int, int]:
    """Bytes held at most during plan and apply, and what was estimated before."""
    meter = Meter()
    mask = new_mask(weights, meter)
    estimate = mask.memory_estimate()
    mask.plan()
    mask.apply(LEVELS - 1)
    mask.restore()
    return meter.peak, estimate


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
    for name, size, converted in (
        ("float32", 4, weights),
        ("bfloat16", 2, {key: tensor.to(torch.bfloat16) for key, tensor in weights.items()}),
    ):
        results[name] = ours = best(converted)
        for part in ("plan", "first apply", "later apply", "restore"):
            print(f"  {name:<9} {part:<12} {1000 * ours[part]:8.1f} ms")
        peak, estimate = (held / (count * size) for held in memory(converted))
        print(f"  {name:<9} extra memory {peak:8.3f} x the weights (estimated {estimate:.3f})   target 0.75")
    peer = torch_prune(weights)
    row("mask, float32, against global_unstructured", results["float32"]["all"], peer, "800 x")
    row("mask, bfloat16, against global_unstructured in float32", results["bfloat16"]["all"], peer, "800 x")


if __name__ == "__main__":
    main()
