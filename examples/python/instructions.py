#!/usr/bin/env python3
"""Which instruction pairs are worth fine-tuning a language model on? The whole way, on two cores in a few minutes.

The data are the glosses of WordNet as instructions: "Define: otter" -> "freshwater carnivorous mammal having webbed and
clawed feet and dark brown fur". A small causal transformer is pre-trained on one half of them. The other half is the data
set to prune: libdlc masks the weights of all linear layers but the head, level by level, in the model's own memory; the
model computes logits; dlc.Response makes of them the loss of every pair, the mean negative log-likelihood of its response
tokens; the mean over the levels is the pair's score. FlexRand keeps a share, as one group.

The script needs no network. On one machine, PyTorch and number of threads the same options give the same files.

Usage:
    apt-get install python3-numpy python3-torch wordnet-base
    python3 instructions.py --out-dir out          # or --quick: the same in little, to see it run

It leaves in out/:
    pairs.jsonl    the data set that was scored, one {"instruction": ..., "response": ...} a line
    scores.npy     float32, a score for every line
    curves.npy     float32 [levels visited, lines], the losses
    subset.jsonl   the lines that were kept: what
                   dlc select --scores out/scores.npy --keep 0.3 --jsonl out/pairs.jsonl --out subset.jsonl keeps, too
"""

from __future__ import annotations

import argparse
import heapq
import json
import math
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

import dlc

WORDNET = Path("/usr/share/wordnet")
PARTS = ("noun", "verb", "adj", "adv")
CONTEXT = 64  # tokens of a pair at most; the few longer ones are left out
TOP_RATE = 2e-3
BATCH = 64  # of pre-training
SCORED_AT_A_TIME = 256

PAD, START, RESPONSE, END, UNKNOWN = range(5)  # the first tokens


# ---- Data ----


class Pair(NamedTuple):
    instruction: str
    response: str


def read_glosses(folder: Path) -> list[Pair]:
    """Every synset's first word and its gloss, without the example sentences."""
    pairs = []
    for part in PARTS:
        for line in (folder / f"data.{part}").read_text(encoding="utf-8").splitlines():
            if line.startswith("  "):  # the licence
                continue
            entry, _, gloss = line.partition(" | ")
            word = re.sub(r"\(\w+\)$", "", entry.split(" ")[4]).replace("_", " ")
            gloss = re.split(r'; "', gloss)[0].strip().rstrip(";")
            if gloss and not gloss.startswith('"'):
                pairs.append(Pair(f"Define: {word}", gloss))
    return pairs


class Tokenizer:
    """Byte-pair encoding, as language models have it: frequent words are one token, rare ones a few pieces.

    A word takes the space before it along. Merges are learnt from the words of some texts, most frequent pair first.
    """

    def __init__(self, texts: list[str], size: int) -> None:
        counts = Counter(word for text in texts for word in self._words(text))
        letters = sorted({letter for word in counts for letter in word})
        self.tokens = ["<pad>", "<start>", "<response>", "<end>", "<unknown>", *letters]
        self.ranks: dict[tuple[str, str], int] = {}
        words = {word: list(word) for word in counts}
        pairs: Counter[tuple[str, str]] = Counter()
        places: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for word, pieces in words.items():
            for pair in zip(pieces, pieces[1:]):
                pairs[pair] += counts[word]
                places[pair].add(word)
        queue = [(-count, pair) for pair, count in pairs.items()]
        heapq.heapify(queue)
        while len(self.tokens) < size and queue:
            count, best = heapq.heappop(queue)
            if pairs[best] != -count or count == 0:
                continue  # it has changed since, and was queued anew
            self.ranks[best] = len(self.ranks)
            self.tokens.append(best[0] + best[1])
            changed = set()
            for word in places.pop(best):
                old, new = words[word], self._merge(words[word], best)
                for pair in zip(old, old[1:]):
                    pairs[pair] -= counts[word]
                    changed.add(pair)
                for pair in zip(new, new[1:]):
                    pairs[pair] += counts[word]
                    places[pair].add(word)
                    changed.add(pair)
                words[word] = new
            for pair in changed:
                heapq.heappush(queue, (-pairs[pair], pair))
        self.ids = {token: i for i, token in enumerate(self.tokens)}
        self.known = {word: self._ids(pieces) for word, pieces in words.items()}

    @staticmethod
    def _words(text: str) -> list[str]:
        return re.findall(r" ?\w+| ?[^\w\s]", text)

    @staticmethod
    def _merge(pieces: list[str], pair: tuple[str, str]) -> list[str]:
        merged: list[str] = []
        for piece in pieces:
            if merged and (merged[-1], piece) == pair:
                merged[-1] += piece
            else:
                merged.append(piece)
        return merged

    def _ids(self, pieces: list[str]) -> list[int]:
        return [self.ids.get(piece, UNKNOWN) for piece in pieces]

    def encode(self, text: str) -> list[int]:
        ids = []
        for word in self._words(text):
            if word not in self.known:
                pieces = list(word)
                while rest := [pair for pair in zip(pieces, pieces[1:]) if pair in self.ranks]:
                    pieces = self._merge(pieces, min(rest, key=self.ranks.__getitem__))
                self.known[word] = self._ids(pieces)
            ids += self.known[word]
        return ids


class Sample(NamedTuple):
    ids: list[int]
    response_start: int  # place of the first response token


def as_sample(tokenizer: Tokenizer, pair: Pair) -> Sample:
    """Instruction, a mark, response, end. The end token belongs to the response: the model must know when to stop."""
    ids = [START, *tokenizer.encode(pair.instruction), RESPONSE]
    return Sample([*ids, *tokenizer.encode(" " + pair.response), END], len(ids))


def as_batch(samples: list[Sample]) -> tuple[Tensor, Tensor]:
    """Ids, padded to the longest, and the mask of response tokens."""
    longest = max(len(sample.ids) for sample in samples)
    ids = torch.full((len(samples), longest), PAD)
    mask = torch.zeros(len(samples), longest, dtype=torch.bool)
    for row, sample in enumerate(samples):
        ids[row, : len(sample.ids)] = torch.tensor(sample.ids)
        mask[row, sample.response_start : len(sample.ids)] = True
    return ids, mask


# ---- Model ----


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor, future: Tensor) -> Tensor:
        rows, tokens, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(rows, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(2, 3) / math.sqrt(width // self.heads)).masked_fill(future, -math.inf).softmax(3)
        x = x + self.out((weights @ v).transpose(1, 2).reshape(rows, tokens, width))
        return x + self.down(functional.gelu(self.up(self.norm2(x))))


class Transformer(nn.Module):
    """A small causal language model."""

    def __init__(self, vocabulary: int, width: int, layers: int, heads: int = 4) -> None:
        super().__init__()
        self.embed, self.place = nn.Embedding(vocabulary, width), nn.Embedding(CONTEXT, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary)
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.normal_(module.weight, std=0.02)

    def forward(self, ids: Tensor) -> Tensor:
        tokens = ids.shape[1]
        future = torch.ones(tokens, tokens, dtype=torch.bool).triu(1)
        x = self.embed(ids) + self.place.weight[:tokens]
        for block in self.blocks:
            x = block(x, future)
        return self.head(self.norm(x))


def batches_by_length(samples: list[Sample], generator: random.Random) -> Iterator[list[Sample]]:
    """All samples once, in random batches of like lengths: little padding."""
    order = sorted(samples, key=lambda sample: (len(sample.ids), generator.random()))
    batches = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
    generator.shuffle(batches)
    return iter(batches)


def pretrain(model: Transformer, samples: list[Sample], passes: int, generator: random.Random) -> float:
    """Plain next-token training on whole samples. Returns the loss over the last tenth."""
    steps = passes * math.ceil(len(samples) / BATCH)
    optimizer = torch.optim.AdamW(model.parameters(), TOP_RATE, weight_decay=0.01)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, TOP_RATE, total_steps=steps, pct_start=0.05)
    losses = []
    for number in range(passes):
        for batch in batches_by_length(samples, generator):
            ids, _ = as_batch(batch)
            loss = functional.cross_entropy(model(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten(), ignore_index=PAD)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            rate.step()
            losses.append(loss.item())
            if len(losses) % 100 == 0:
                print(f"  step {len(losses)} of {steps}: loss {np.mean(losses[-100:]):.3f}", flush=True)
    return float(np.mean(losses[-max(1, steps // 10) :]))


# ---- DLC ----


def mask_of(model: Transformer, schedule: str, threads: int) -> dlc.Mask:
    """The weights of all linear layers but the head, masked where they are."""
    mask = dlc.Mask(schedule=schedule, threads=threads)
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear) and name != "head":
            mask.add_tensor(f"{name}.weight", module.weight)
    return mask


def score(model: Transformer, samples: list[Sample], mask: dlc.Mask, every_level: bool, threads: int) -> dlc.Score:
    """The run: a forward pass over all samples at every level, or at so many that the ranking stands still."""
    response = dlc.Response(dlc.DTYPE_F32, model.head.out_features, threads=threads)
    result = dlc.Score(samples=len(samples), head=dlc.HEAD_LOSS, keep_curves=True)

    def forward(level: int, first: int, rows: int, out: np.ndarray) -> None:
        ids, is_response = as_batch(samples[first : first + rows])
        logits = model(ids)
        response.begin(rows)
        # What the logits at t predict is the token at t + 1.
        response.add(logits[:, :-1], ids[:, 1:], is_response[:, 1:])
        response.get_losses(out[:, 0])

    def progress(number: int, passes: int, done: int, total: int) -> None:
        if done == total:
            print(f"  pass {number + 1} of at most {passes}", flush=True)

    with torch.no_grad():
        run = dlc.Run(mask, result, forward, progress=progress, batch=SCORED_AT_A_TIME,
                      auto=None if every_level else dlc.AUTO_SPEARMAN)
        run.execute()
    for number in range(run.round_count):
        visited, spearman = run.get_round(number)
        print(f"  {visited} levels" + (f": Spearman {spearman:.4f} with the round before" if number else ""))
    return result


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.argsort().argsort(), b.argsort().argsort())[0, 1])


# ---- The whole ----


def show(title: str, pairs: list[Pair], indices: np.ndarray, scores: np.ndarray, curves: np.ndarray) -> None:
    print(f"\n{title}\n   score  unmasked  most masked")
    for i in indices:
        print(f"  {scores[i]:6.2f}    {curves[0, i]:6.2f}       {curves[-1, i]:6.2f}   {pairs[i].instruction}"
              f" -> {pairs[i].response}")


def write_lines(path: Path, lines: list[str]) -> None:
    path.write_text("".join(lines), encoding="utf-8")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out-dir", type=Path, required=True)
    parser.add_argument("--wordnet", type=Path, default=WORDNET, help="folder of data.noun, data.verb, ...")
    parser.add_argument("--passes", type=int, default=2, help="pre-training passes over the first half")
    parser.add_argument("--pairs", type=int, default=12_000, help="pairs of the other half to score; 0: all")
    parser.add_argument("--schedule", default="geometric:0.02x50", help="libdlc's, as `dlc mask` takes it")
    parser.add_argument("--every-level", action="store_true", help="not only until the ranking stands still")
    parser.add_argument("--keep", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="a smaller model, less data, a few levels")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    if options.quick:
        options.threads = 1  # more have nothing to do
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    generator = random.Random(options.seed)
    started = time.perf_counter()

    def done(what: str) -> None:
        print(f"{time.perf_counter() - started:6.1f} s  {what}", flush=True)

    glosses = read_glosses(options.wordnet)
    generator.shuffle(glosses)
    half = len(glosses) // 2
    known, pairs = glosses[:half], glosses[half:]
    size, width, layers, schedule = 2000, 128, 3, options.schedule
    if options.quick:
        known, options.pairs, size, width, layers, schedule = known[:2000], 400, 800, 64, 2, "list:0,0.2,0.4,0.6,0.8"
    tokenizer = Tokenizer([f"{pair.instruction} {pair.response}" for pair in known[:20_000]], size)
    known_samples = [sample for pair in known if len((sample := as_sample(tokenizer, pair)).ids) <= CONTEXT]
    fitting = [(pair, sample) for pair in pairs[: options.pairs or None]
               if len((sample := as_sample(tokenizer, pair)).ids) <= CONTEXT]
    fitting.sort(key=lambda item: len(item[1].ids))  # so that a batch has little padding
    pairs, samples = [pair for pair, _ in fitting], [sample for _, sample in fitting]
    done(f"{len(glosses)} glosses: {len(known_samples)} to pre-train on, {len(pairs)} pairs to score;"
         f" {len(tokenizer.tokens)} tokens")

    model = Transformer(len(tokenizer.tokens), width, layers)
    loss = pretrain(model.train(), known_samples, options.passes, generator)
    model.eval()
    done(f"pre-trained: {sum(p.numel() for p in model.parameters())} weights, loss {loss:.3f} a token")

    mask = mask_of(model, schedule, options.threads)
    result = score(model, samples, mask, options.every_level, options.threads)
    scores, curves = result.get_scores(), result.get_curves()
    done(f"scored at {len(curves)} levels of {mask.level_count}: {mask.weight_count} weights maskable")
    print(f"        mean loss of a response token, unmasked {curves[0].mean():.3f}, most masked {curves[-1].mean():.3f};"
          f" Spearman of score and unmasked loss {rank_correlation(scores, curves[0]):.4f}")

    by_score = scores.argsort(kind="stable")
    show("easiest", pairs, by_score[:12], scores, curves)
    show("in the middle", pairs, by_score[len(pairs) // 2 :][:6], scores, curves)
    show("hardest", pairs, by_score[::-1][:12], scores, curves)

    kept = dlc.Flexrand(None, scores).select_keep(options.keep)
    options.out_dir.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(pair._asdict(), ensure_ascii=False) + "\n" for pair in pairs]
    write_lines(options.out_dir / "pairs.jsonl", lines)
    write_lines(options.out_dir / "subset.jsonl", [lines[i] for i in kept])
    np.save(options.out_dir / "scores.npy", scores)
    np.save(options.out_dir / "curves.npy", curves)
    print()
    done(f"kept {len(kept)} of {len(pairs)} pairs: {options.out_dir / 'subset.jsonl'}")


if __name__ == "__main__":
    sys.exit(main())
