#!/usr/bin/env python3
"""Show what `dlc score` and `dlc select` made of the demo's images.

Reads the folder RUN of a finished `dlc score --encoder ... --images IMAGES
--out-dir RUN` and the indices of `dlc select --run RUN ... --out PICK.npy`;
prints where the time went, a table of the classes, and the easiest and hardest
samples of each class; and writes a contact sheet of those samples.

It never computes or changes a score, never selects a sample, and never writes
to RUN or IMAGES; the sheet appears whole, by rename.

Usage:
    apt-get install python3-numpy python3-pil
    python3 summary.py RUN IMAGES PICK.npy SHEET.png [--gamma 0.5]

--gamma is the split that the samples were selected with.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

LISTED = 5  # samples listed per class and end
SHOWN = 12  # samples shown per class and end

# The sheet's measures, in pixels, and its colours.
SIDE = 56
FRAME = 3
CELL = SIDE + 2 * FRAME
MARGIN = 24
HEAD = 100
ROW_GAP = 10
ROW = ROW_GAP + CELL + 26
COLUMN_GAP = 4
MIDDLE_GAP = 44
NAME_GAP = 20
PAPER = "#ffffff"
INK = "#1c1c1e"
FAINT = "#6c6c72"
LINE = "#dcdce0"
KEPT = "#f07800"


@dataclass
class Run:
    """What `dlc score` wrote."""

    scores: np.ndarray
    labels: np.ndarray
    paths: list[str]
    timings: dict[str, float]


@dataclass
class ClassView:
    """One class: its samples, easiest first, and which of them are kept."""

    name: str
    order: np.ndarray
    kept: np.ndarray
    cut: int
    mean: float

    def ends(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """The easiest and the hardest `count`, both easiest first.

        No sample is in both, so a small class gives fewer.
        """
        half = (len(self.order) + 1) // 2
        return self.order[:half][:count], self.order[half:][-count:]


def load_array(path: Path, dtype: type) -> np.ndarray:
    try:
        array = np.load(path, allow_pickle=False)
    except (EOFError, ValueError) as error:
        raise ValueError(f"{path}: not a readable .npy file") from error
    # np.load also opens .npz archives, which are no arrays.
    is_array = isinstance(array, np.ndarray)
    if not is_array or array.ndim != 1 or array.dtype != dtype:
        raise ValueError(f"{path}: not a list of {np.dtype(dtype).name}")
    return array


def load_timings(path: Path) -> dict[str, float]:
    try:
        timings = json.loads(path.read_text(encoding="utf-8"))["timings"]
        return {name: float(seconds) for name, seconds in timings.items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f'{path}: no "timings" of names and seconds'
        ) from error


def load_run(folder: Path) -> Run:
    """Read the files of a run and check that they fit together."""
    scores = load_array(folder / "scores.npy", np.float32)
    labels = load_array(folder / "labels.npy", np.int64)
    text = (folder / "samples.txt").read_bytes()
    try:
        paths = text.decode().removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"{folder / 'samples.txt'}: not UTF-8") from error
    if not len(scores) == len(labels) == len(paths):
        raise ValueError(
            f"{folder}: {len(scores)} scores, {len(labels)} labels and "
            f"{len(paths)} samples do not fit together"
        )
    if not np.isfinite(scores).all():
        raise ValueError(f"{folder / 'scores.npy'}: a score is not finite")
    return Run(scores, labels, paths, load_timings(folder / "run.json"))


def load_pick(path: Path, samples: int) -> np.ndarray:
    """Read the indices of the kept samples, as one flag for each sample."""
    pick = load_array(path, np.int64)
    if len(pick) and not 0 <= pick.min() <= pick.max() < samples:
        raise ValueError(
            f"{path}: an index is not one of the run's {samples} samples"
        )
    kept = np.zeros(samples, bool)
    kept[pick] = True
    if kept.sum() != len(pick):
        raise ValueError(f"{path}: an index occurs twice")
    return kept


def view_classes(run: Run, kept: np.ndarray, gamma: float) -> list[ClassView]:
    """Sort each class by (score, index) and cut it where FlexRand does."""
    views = []
    for label in np.unique(run.labels):
        members = np.flatnonzero(run.labels == label)
        names = {run.paths[i].partition("/")[0] for i in members}
        if len(names) != 1:
            raise ValueError(f"samples.txt: class {label} has several folders")
        # The members ascend, so a stable sort leaves ties in order of index.
        order = members[np.argsort(run.scores[members], kind="stable")]
        # Python's round is half to even, as the method asks.
        cut = round(gamma * len(order))
        mean = float(run.scores[order].mean(dtype=np.float64))
        views.append(ClassView(names.pop(), order, kept[order], cut, mean))
    return views


def print_table(rows: list[list[str]]) -> None:
    """Print aligned columns; the first row is the head, the last the total."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    for place, row in enumerate(rows):
        if place in (1, len(rows) - 1):
            print("  ".join("-" * width for width in widths))
        cells = [cell.rjust(width) for cell, width in zip(row, widths)]
        cells[0] = row[0].ljust(widths[0])
        print("  ".join(cells))


def print_timings(timings: dict[str, float]) -> None:
    total = sum(timings.values())
    rows = [["stage", "seconds", "share"]]
    rows += [
        [name, f"{seconds:.3f}", f"{seconds / total if total else 0:.1%}"]
        for name, seconds in [*timings.items(), ("total", total)]
    ]
    print("Where the time went")
    print_table(rows)


def print_classes(views: list[ClassView], scores: np.ndarray) -> None:
    rows = [["class", "samples", "kept", "easy", "hard", "mean score"]]
    totals = [0, 0, 0, 0]
    for view in views:
        easy = int(view.kept[: view.cut].sum())
        hard = int(view.kept[view.cut :].sum())
        counts = [len(view.order), easy + hard, easy, hard]
        totals = [a + b for a, b in zip(totals, counts)]
        rows.append([view.name, *map(str, counts), f"{view.mean:.4f}"])
    mean = scores.mean(dtype=np.float64)
    rows.append(["total", *map(str, totals), f"{mean:.4f}"])
    print("The classes; easy and hard count the kept samples in each interval")
    print_table(rows)


def print_ends(views: list[ClassView], run: Run) -> None:
    for view in views:
        easiest, hardest = view.ends(LISTED)
        print(f"{view.name}: easiest and hardest samples")
        lines = [
            [f"{run.scores[i]:.4f}  {run.paths[i]}" for i in end]
            for end in (easiest, hardest[::-1])
        ]
        width = max(map(len, lines[0]))
        lines[1] += [""] * (len(lines[0]) - len(lines[1]))
        for easy, hard in zip(*lines):
            print(f"  {easy:{width}}    {hard}".rstrip())
        print()


def load_font(size: int, bold: bool = False) -> ImageFont.ImageFont:
    """DejaVu Sans where it is installed, else Pillow's own font."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    try:
        return ImageFont.truetype(name, size)
    except OSError:
        return ImageFont.load_default()


def load_thumbnail(path: Path) -> Image.Image:
    """An image brought near SIDE by a whole factor, its pixels kept square."""
    try:
        with Image.open(path) as file:
            image = file.convert("RGB")
    except (OSError, ValueError, SyntaxError) as error:
        raise ValueError(f"{path}: not a readable image") from error
    longest = max(image.size)
    if longest > SIDE:
        return image.reduce(math.ceil(longest / SIDE))
    factor = SIDE // longest
    size = (image.width * factor, image.height * factor)
    return image.resize(size, Image.Resampling.NEAREST)


class Sheet:
    """A contact sheet: a row for each class, easiest left, hardest right."""

    def __init__(self, views: list[ClassView], run: Run, images: Path) -> None:
        self.run = run
        self.images = images
        self.title = load_font(20, bold=True)
        self.strong = load_font(15, bold=True)
        self.plain = load_font(13)
        self.small = load_font(11)

        strip = SHOWN * CELL + (SHOWN - 1) * COLUMN_GAP
        names = max(self.strong.getlength(view.name) for view in views)
        self.left = MARGIN + math.ceil(names) + NAME_GAP
        self.middle = self.left + strip
        self.right = self.middle + MIDDLE_GAP + strip
        height = HEAD + len(views) * ROW + MARGIN
        self.image = Image.new("RGB", (self.right + MARGIN, height), PAPER)
        self.draw = ImageDraw.Draw(self.image)

        self.draw_head(views)
        for place, view in enumerate(views):
            self.draw_class(view, HEAD + place * ROW)

    def write(
        self, x: float, y: float, text: str, font: ImageFont.ImageFont,
        colour: str = INK, before: float = 0,
    ) -> None:
        """Write a line of text, the share `before` of its width left of x."""
        # Pillow's anchors do the same, but not for its own font.
        x -= before * font.getlength(text)
        self.draw.text((round(x), y), text, colour, font)

    def draw_head(self, views: list[ClassView]) -> None:
        samples = len(self.run.scores)
        kept = sum(int(view.kept.sum()) for view in views)
        title = "Easiest and hardest samples"
        line = (
            f"{samples} samples of {len(views)} classes. Under each image: "
            f"its score (DLC). Framed: among the {kept} samples kept."
        )
        self.write(MARGIN, MARGIN - 4, title, self.title)
        self.write(MARGIN, MARGIN + 26, line, self.plain, FAINT)
        self.write(self.left, HEAD - 26, "easiest", self.plain)
        self.write(self.right, HEAD - 26, "hardest", self.plain, before=1)

    def draw_class(self, view: ClassView, top: int) -> None:
        self.draw.line((MARGIN, top, self.right, top), LINE)
        top += ROW_GAP
        middle = top + CELL / 2
        self.write(MARGIN, middle - 10, view.name, self.strong)
        gap = self.middle + MIDDLE_GAP / 2
        self.write(gap, middle - 12, "...", self.strong, FAINT, before=0.5)

        kept = set(view.order[view.kept].tolist())
        easiest, hardest = view.ends(SHOWN)
        for place, index in enumerate(easiest.tolist()):
            x = self.left + place * (CELL + COLUMN_GAP)
            self.draw_sample(index, x, top, index in kept)
        # From the right, so that the hardest is always the last of its row.
        for place, index in enumerate(reversed(hardest.tolist())):
            x = self.right - CELL - place * (CELL + COLUMN_GAP)
            self.draw_sample(index, x, top, index in kept)

    def draw_sample(self, index: int, left: int, top: int, kept: bool) -> None:
        thumbnail = load_thumbnail(self.images / self.run.paths[index])
        x = left + (CELL - thumbnail.width) // 2
        y = top + (CELL - thumbnail.height) // 2
        if kept:
            right, bottom = x + thumbnail.width - 1, y + thumbnail.height - 1
            frame = (x - FRAME, y - FRAME, right + FRAME, bottom + FRAME)
            self.draw.rectangle(frame, KEPT)
        self.image.paste(thumbnail, (x, y))
        score = f"{self.run.scores[index]:.4f}"
        middle, under = left + CELL / 2, top + CELL + 2
        self.write(middle, under, score, self.small, before=0.5)


def save_png(image: Image.Image, path: Path) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        image.save(temporary, "PNG")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Show what dlc score and dlc select made of the images."
    )
    for name, metavar, text in (
        ("run", "RUN", "folder that dlc score wrote"),
        ("images", "IMAGES", "the class folders that it scored"),
        ("pick", "PICK.npy", "indices that dlc select wrote"),
        ("sheet", "SHEET.png", "file to write the contact sheet to"),
    ):
        parser.add_argument(name, type=Path, metavar=metavar, help=text)
    parser.add_argument(
        "--gamma", type=share, default=0.5,
        help="split of the selection (default: %(default)s)",
    )
    return parser.parse_args()


def summarise(arguments: argparse.Namespace) -> None:
    if not arguments.sheet.parent.is_dir():
        raise ValueError(f"{arguments.sheet.parent}: no such folder")
    run = load_run(arguments.run)
    kept = load_pick(arguments.pick, len(run.scores))
    views = view_classes(run, kept, arguments.gamma)
    # Before any printing, since it alone can still fail.
    save_png(Sheet(views, run, arguments.images).image, arguments.sheet)
    print_timings(run.timings)
    print()
    print_classes(views, run.scores)
    print()
    print_ends(views, run)
    print(f"wrote {arguments.sheet}")


def main() -> int:
    arguments = parse_arguments()
    try:
        summarise(arguments)
    except (OSError, ValueError) as error:
        print(f"{Path(sys.argv[0]).name}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
