"""A vision transformer in PyTorch, under timm's names: what the encoder is compared with, in tests and benchmarks."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

EPSILON = 1e-6


class Attention(nn.Module):
    def __init__(self, dim: int, heads: int, qkv_bias: bool) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim, bias=qkv_bias)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        batch, tokens, dim = x.shape
        q, k, v = self.qkv(x).reshape(batch, tokens, 3, self.heads, dim // self.heads).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) * (dim // self.heads) ** -0.5).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(batch, tokens, dim))


class Mlp(nn.Module):
    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(functional.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, dim: int, heads: int, hidden: int, qkv_bias: bool) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, EPSILON)
        self.attn = Attention(dim, heads, qkv_bias)
        self.norm2 = nn.LayerNorm(dim, EPSILON)
        self.mlp = Mlp(dim, hidden)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    def __init__(self, channels: int, patch: int, dim: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, dim, patch, patch)

    def forward(self, x: Tensor) -> Tensor:
        return self.proj(x).flatten(2).transpose(1, 2)


class ViT(nn.Module):
    """forward() gives the features: the class token, or with `mean` the mean of the patches' tokens.

    norm: "norm" before the pooling, "fc_norm" after it, or "both".
    """

    def __init__(
        self,
        size: int,
        patch: int,
        dim: int,
        depth: int,
        heads: int,
        *,
        channels: int = 3,
        hidden: int | None = None,
        qkv_bias: bool = True,
        norm: str = "norm",
        mean: bool = False,
    ) -> None:
        super().__init__()
        self.mean = mean
        self.cls_token = nn.Parameter(torch.empty(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.empty(1, (size // patch) ** 2 + 1, dim))
        self.patch_embed = PatchEmbed(channels, patch, dim)
        self.blocks = nn.Sequential(*(Block(dim, heads, hidden or 4 * dim, qkv_bias) for _ in range(depth)))
        self.norm = nn.Identity() if norm == "fc_norm" else nn.LayerNorm(dim, EPSILON)
        self.fc_norm = nn.Identity() if norm == "norm" else nn.LayerNorm(dim, EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch_embed(x)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], dim=1) + self.pos_embed
        x = self.norm(self.blocks(x))
        return self.fc_norm(x[:, 1:].mean(dim=1) if self.mean else x[:, 0])


@torch.no_grad()
def randomise(model: nn.Module, generator: torch.Generator) -> None:
    """Random weights, and norms and biases far from the trivial ones, of any vision transformer."""
    norms = {id(module.weight) for module in model.modules() if isinstance(module, nn.LayerNorm)}
    for parameter in model.parameters():
        if id(parameter) in norms:
            parameter.uniform_(0.5, 1.5, generator=generator)
        elif parameter.ndim == 1:
            parameter.normal_(0, 0.2, generator=generator)
        else:
            fan = parameter[0].numel() if parameter.ndim in (2, 4) else 4
            parameter.normal_(0, fan**-0.5, generator=generator)
