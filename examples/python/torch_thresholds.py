#!/usr/bin/env python3
"""A model on a GPU: libdlc finds thresholds on a copy of the weights, PyTorch masks with them, where the model lies.

No weight of the model is touched by libdlc, and no run drives it: the loop over levels and batches is the program's
own, and only features come back to the host. Runs on the CPU where there is no GPU. On the CPU the scores are those of
torch_model.py, bit for bit: this program computes both.

    apt-get install python3-numpy python3-torch dataset-fashion-mnist
    python3 torch_thresholds.py
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

import dlc
from fashion import NEW, load
from torch_model import load_model, score_samples


def masked(weight: Tensor, threshold: float, ties: int) -> Tensor:
    """The weights at a level: zero below the threshold, and for the first `ties` of those that equal it."""
    magnitude = weight.abs()
    keep = magnitude > threshold
    equal = (magnitude == threshold).flatten().nonzero().flatten()
    keep.view(-1)[equal[ties:]] = True
    return weight * keep


@torch.no_grad()
def score_by_thresholds(
    model: nn.Module, head: nn.Linear, images: Tensor, labels: np.ndarray, batch: int = 256
) -> dlc.Score:
    """As torch_model.score_samples(), but with every weight and activation on the model's device."""
    convolutions = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    originals = [module.weight.clone() for module in convolutions]
    mask = dlc.Mask()
    for number, weight in enumerate(originals):
        mask.add_tensor(f"convolution {number}", weight.to("cpu", copy=True))
    mask.plan()

    seen: list[Tensor] = []
    hook = head.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))

    def features(first: int) -> np.ndarray:
        model(images[first:first + batch])
        return seen.pop().cpu().numpy()

    batches = range(0, len(images), batch)
    score = dlc.Score(labels, width=head.in_features, levels=mask.level_count, keep_curves=True)
    for first in batches:  # the class means, from the unmasked model
        score.add_features(features(first), first)
    score.finish_centroids()
    for level in range(mask.level_count):
        threshold = mask.get_level(level).threshold
        for number, (module, weight) in enumerate(zip(convolutions, originals)):
            module.weight.copy_(masked(weight, threshold, mask.get_ties(level, number)))
        score.begin_level(level)
        for first in batches:
            score.observe(features(first), first)
        score.end_level()
    for module, weight in zip(convolutions, originals):
        module.weight.copy_(weight)
    hook.remove()
    return score


def main() -> None:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    images, labels = load(NEW, per_class=200)
    model = load_model()
    in_place = score_samples(model, model.fc, torch.from_numpy(images), labels).get_scores()
    model.to(device)
    scores = score_by_thresholds(model, model.fc, torch.from_numpy(images).to(device), labels).get_scores()
    print(f"{len(scores)} images scored on {device}; largest difference to masking in place: "
          f"{np.abs(scores - in_place).max():g}")


if __name__ == "__main__":
    main()
