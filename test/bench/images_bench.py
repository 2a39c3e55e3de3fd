"""Decoding and transforming JPEGs against Pillow and torchvision's transforms, on the same two threads, in one run.

Photos of 500x375 pixels, shorter side to 256, centre crop 224, scaled and normalised to float32[count, 3, 224, 224]:
once as Pillow saves them by default, once with film grain at quality 85, twice the bytes. Both sides spend the same time
in the same libjpeg-turbo, more of it on those, so the ratio is smaller there.
The peer is the faster of a pool of two processes, which put their results into shared memory, and one of two threads.
Both sides' values are compared.
"""

from __future__ import annotations

import multiprocessing
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from library import dlc, row, seconds
from PIL import Image, ImageOps
from torchvision import transforms

PHOTOS = Path("/usr/share/tuxpaint/stamps")
THREADS, COUNT = 2, 300
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

torch.set_num_threads(1)
transform = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(),
                                transforms.Normalize(MEAN, DEVIATION)])


def make_photos(folder: Path, grain: float, quality: int) -> None:
    """Real photos, cut to size; their backgrounds are smooth, unless there is grain on them."""
    folder.mkdir()
    generator = np.random.default_rng(1)
    sources = sorted(PHOTOS.rglob("*.png"), key=lambda path: -path.stat().st_size)[:100]
    for number in range(COUNT):
        with Image.open(sources[number % len(sources)]) as image:
            photo = ImageOps.fit(image.convert("RGBA").convert("RGB"), (500, 375), Image.Resampling.BICUBIC)
        noise = generator.normal(0, grain, (375, 500, 1))
        pixels = np.clip(np.asarray(photo) + noise, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:04d}.jpg", quality=quality)


# What the peer's workers fill; the processes are forked, and so share it.
theirs = torch.empty(COUNT, 3, 224, 224).share_memory_()


def load(item: tuple[int, str]) -> None:
    number, path = item
    with Image.open(path) as image:
        theirs[number] = transform(image.convert("RGB"))


def read_all(folder: str, out: np.ndarray) -> None:
    images = dlc.Images(folder, size=256, crop=224, normalization=(MEAN, DEVIATION), threads=THREADS)
    for first in range(0, COUNT, 50):
        images.read(first, 50, out[first:first + 50])


def compare(name: str, grain: float, quality: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        make_photos(Path(folder, "photos"), grain, quality)
        items = list(enumerate(sorted(map(str, Path(folder, "photos").iterdir()))))
        size = sum(Path(path).stat().st_size for _, path in items) / COUNT
        out = np.empty((COUNT, 3, 224, 224), np.float32)
        ours = seconds(lambda: read_all(folder, out), 5)
        with ThreadPoolExecutor(THREADS) as threads:
            by_threads = seconds(lambda: list(threads.map(load, items)), 5)
        with multiprocessing.get_context("fork").Pool(THREADS) as processes:
            by_processes = seconds(lambda: processes.map(load, items, chunksize=10), 5)
        worst = float(np.abs(theirs.numpy() - out).max())
        if worst > 0.02:
            raise ValueError(f"values differ by {worst:g}")
    peer = min(by_threads, by_processes)
    row(f"{COUNT} JPEGs of 500x375, {name} ({size / 1000:.0f} KB)", ours, peer, "4")
    print(f"{'':<58} {COUNT / ours:10.0f}   {COUNT / peer:10.0f}   images/s "
          f"(threads {COUNT / by_threads:.0f}, processes {COUNT / by_processes:.0f})")


def main() -> None:
    compare("quality 75", 0, 75)
    compare("grain, quality 85", 6, 85)


if __name__ == "__main__":
    main()
