#!/usr/bin/env python3
"""A PyTorch module, its parameters masked in place, its own forward pass as the model.

The features are taken by a hook on the input of the head, which works for any classifier. The model is the demo's small
ResNet, pre-trained on five classes of Fashion-MNIST; images of the five others are scored, and 30 % are kept.

    apt-get install python3-numpy python3-torch dataset-fashion-mnist
    python3 torch_model.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

import dlc
from fashion import NEW, load
from pretrain_fashion import SmallResNet

WEIGHTS = Path(__file__).resolve().parent.parent / "demo" / "fashion_resnet.safetensors"


def load_model() -> SmallResNet:
    model = SmallResNet(classes=5)
    file = dlc.Safetensors(WEIGHTS)
    model.load_state_dict({tensor.name: torch.from_numpy(np.asarray(tensor)) for tensor in file.tensors})
    return model.eval()


def score_samples(model: nn.Module, head: nn.Linear, images: Tensor, labels: np.ndarray, batch: int = 256) -> dlc.Score:
    """Scores and curves of all images. `head`: the last layer, whose inputs are the features."""
    seen: list[Tensor] = []
    hook = head.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))

    mask = dlc.Mask()  # the published schedule: 50 levels, each masks 2 % of what is left
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d):
            mask.add_tensor(f"{name}.weight", module.weight)

    @torch.no_grad()
    def forward(level: int, first: int, rows: int, out: np.ndarray) -> None:
        model(images[first:first + rows])  # with the weights as libdlc has masked them
        out[:] = seen.pop().numpy()

    score = dlc.Score(labels, width=head.in_features, keep_curves=True)
    try:
        dlc.Run(mask, score, forward, batch=batch).execute()
    finally:
        hook.remove()
    return score


def main() -> None:
    model = load_model()
    images, labels = load(NEW, per_class=200)
    scores = score_samples(model, model.fc, torch.from_numpy(images), labels).get_scores()
    kept = dlc.Flexrand(labels, scores, gamma=0.5).select_keep(0.3)

    print(f"kept {len(kept)} of {len(labels)} images")
    for label, name in enumerate(NEW):
        members = np.flatnonzero(labels == label)
        print(f"{name:<10} mean score {scores[members].mean():.3f}   kept {np.isin(members, kept).sum()}")


if __name__ == "__main__":
    main()
