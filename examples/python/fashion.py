"""Fashion-MNIST as Debian packs it (dataset-fashion-mnist), for the examples in this folder.

The five classes that examples/demo's model was pre-trained on, and the five that it has never seen.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

DATA = Path("/usr/share/datasets/fashion-mnist")
# Fashion-MNIST's label of each class; ours is the place in here.
KNOWN = {"trouser": 1, "sandal": 5, "sneaker": 7, "bag": 8, "ankle boot": 9}
NEW = {"t-shirt": 0, "pullover": 2, "dress": 3, "coat": 4, "shirt": 6}


def read_idx(path: Path) -> np.ndarray:
    """Read a gzipped idx file of unsigned bytes."""
    try:
        with gzip.open(path, "rb") as file:
            data = file.read()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path}: broken gzip file") from error
    if len(data) < 4 or data[:3] != b"\0\0\x08":
        raise ValueError(f"{path}: not an idx file of unsigned bytes")
    start = 4 + 4 * data[3]
    if len(data) < start:
        raise ValueError(f"{path}: truncated")
    shape = struct.unpack(f">{data[3]}I", data[4:start])
    values = np.frombuffer(data, np.uint8, offset=start)
    if values.size != math.prod(shape):
        raise ValueError(f"{path}: not of the size that its header gives")
    return values.reshape(shape)


def load(
    classes: dict[str, int], part: str = "train", per_class: int | None = None, folder: Path = DATA
) -> tuple[np.ndarray, np.ndarray]:
    """Images, float32[N, 1, 28, 28] in 0 to 1, and labels, int64[N], in the order of the files.

    part: "train" or "t10k". per_class: the first so many of each class; None: all.
    """
    images = read_idx(folder / f"{part}-images-idx3-ubyte.gz")
    labels = read_idx(folder / f"{part}-labels-idx1-ubyte.gz")
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise ValueError(f"{folder}: images and labels of {part} do not match")
    members = [np.flatnonzero(labels == label)[:per_class] for label in classes.values()]
    wanted = np.sort(np.concatenate(members))
    place = np.zeros(256, np.int64)
    place[list(classes.values())] = np.arange(len(classes))
    return images[wanted, np.newaxis].astype(np.float32) / 255, place[labels[wanted]]
