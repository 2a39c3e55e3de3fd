#!/usr/bin/env python3
"""Lay five Fashion-MNIST classes out as class folders of PNG images.

These are the demo's data set: t-shirt, pullover, dress, coat and shirt, the
classes that the demo's model was not pre-trained on.  Of each class the first
N training images go to OUT/<class>/<index>.png (8-bit grey, 28x28), <index>
being the image's place among all training images, in five digits.

OUT appears whole, by rename.  If it is already complete, nothing is written;
if it holds anything else, the script refuses: it never deletes, overwrites or
adds to a folder.  It never touches the network.

Usage:
    apt-get install python3-numpy python3-pil dataset-fashion-mnist
    python3 fashion_folders.py OUT [--per-class 1000]
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from fashion import DATA, NEW, read_idx  # noqa: E402


def plan(labels: np.ndarray, per_class: int) -> dict[str, int]:
    """Map each file to write, relative to OUT, to its image's index."""
    files = {}
    for name, label in NEW.items():
        indices = np.flatnonzero(labels == label)
        if len(indices) < per_class:
            raise ValueError(
                f"--per-class: {name} has only {len(indices)} images"
            )
        for index in indices[:per_class].tolist():
            files[f"{name}/{index:05d}.png"] = index
    return files


def is_complete(out: Path, files: dict[str, int]) -> bool:
    """Whether `out` holds just these files; an error if it holds others.

    The names suffice, since the folder was renamed into place whole.
    """
    if not os.path.lexists(out):
        return False
    found = {
        path.relative_to(out).as_posix()
        for path in out.rglob("*")
        if not path.is_dir()
    }
    if found != files.keys():
        raise ValueError(f"{out}: exists, but holds other files than these")
    return True


def write_folders(
    out: Path, files: dict[str, int], images: np.ndarray
) -> None:
    """Write the images beside `out`, then rename the folder to `out`."""
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    temporary.mkdir()
    try:
        for name in NEW:
            (temporary / name).mkdir()
        for name, index in files.items():
            Image.fromarray(images[index]).save(temporary / name)
        os.rename(temporary, out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return value


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Lay five Fashion-MNIST classes out as class folders."
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="folder to make")
    parser.add_argument(
        "--per-class", type=positive, default=1000, metavar="N",
        help="images of each class (default: %(default)s)",
    )
    parser.add_argument(
        "--data", type=Path, default=DATA, metavar="DIR",
        help="folder of the gzipped idx files (default: %(default)s)",
    )
    return parser.parse_args()


def run(arguments: argparse.Namespace) -> None:
    # Made absolute so that "." and a trailing ".." have a name and a parent.
    out = Path(os.path.abspath(arguments.out))
    labels = read_idx(arguments.data / "train-labels-idx1-ubyte.gz")
    files = plan(labels, arguments.per_class)
    if is_complete(out, files):
        print(f"{arguments.out}: already complete, {len(files)} images")
        return
    images = read_idx(arguments.data / "train-images-idx3-ubyte.gz")
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise ValueError(f"{arguments.data}: images and labels do not match")
    write_folders(out, files, images)
    print(f"{arguments.out}: {len(files)} images of {len(NEW)} classes")


def main() -> int:
    arguments = parse_arguments()
    try:
        run(arguments)
    except (OSError, ValueError) as error:
        print(f"{Path(sys.argv[0]).name}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
