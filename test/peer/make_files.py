#!/usr/bin/env python3
"""Make test/golden/files: arrays as NumPy writes them, PNG images of every kind
and what Pillow reads from them, JPEG images and what Pillow and torchvision make
of them, and the order in which torchvision lists files.

The files are committed; this script says where they come from.  PNG files are
put together here byte by byte, since Pillow cannot write every kind.

Usage (from the top of the repo, Debian's python3-numpy,
python3-pil and python3-torchvision):
    /usr/bin/python3 test/peer/make_files.py
"""

from __future__ import annotations

import random
import shutil
import struct
import tempfile
import zlib
from pathlib import Path

import numpy as np
from PIL import Image
from torchvision.datasets.folder import IMG_EXTENSIONS, find_classes, make_dataset
from torchvision.transforms import CenterCrop, InterpolationMode, Resize

OUT = Path("test/golden/files")
HEIGHT, WIDTH = 11, 13
rng = np.random.default_rng(7)


# ---- Arrays ----

def sequence(dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """0, 1, 2, ... for integers (wrapped); (i - 3) / 4 for floats."""
    values = np.arange(np.prod(shape, dtype=int))
    if np.dtype(dtype).kind == "f":
        values = (values - 3) / 4
    return values.astype(dtype).reshape(shape)


def save(name: str, array: np.ndarray, version: tuple[int, int] | None = (1, 0)) -> None:
    with open(OUT / "npy" / f"{name}.npy", "wb") as file:
        np.lib.format.write_array(file, array, version=version, allow_pickle=False)


def make_arrays() -> None:
    (OUT / "npy").mkdir(parents=True)
    shapes = {"0d": (), "empty": (0,), "1d": (5,), "2d": (3, 4), "hollow": (2, 0, 3), "3d": (2, 3, 2),
              "100": (100,), "12d": (1,) * 11 + (2,), "16d": (1,) * 15 + (2,), "18d": (1,) * 17 + (2,),
              "32d": (1,) * 31 + (2,)}
    for code in ("f4", "f2", "f8", "i8", "i4", "u1"):
        save(code, sequence(code, (3, 4)))
    for name, shape in shapes.items():
        save(f"i4_{name}", sequence("i4", shape))
    save("version2", sequence("f4", (3, 4)), (2, 0))
    save("version3", sequence("f4", (3, 4)), (3, 0))
    save("u1_256", sequence("u1", (256,)))
    save("negative", np.array([-1, -(2**31), 2**31 - 1], "i4"))
    save("big_endian", sequence(">f4", (5,)))
    save("fortran", np.asfortranarray(sequence("f4", (3, 4))))
    save("fortran_1d", np.asfortranarray(sequence("f4", (5,))))
    save("bool", np.array([True, False]))
    save("complex", np.zeros(2, "c8"))
    save("text", np.array(["a", "bc"]))
    save("records", np.zeros(2, [("a", "f4"), ("b", "i8")]))


# ---- Images ----

def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pack(samples: np.ndarray, bits: int) -> bytes:
    """One row of samples [width, channels] as PNG stores it."""
    flat = samples.reshape(-1)
    if bits == 16:
        return flat.astype(">u2").tobytes()
    if bits == 8:
        return flat.astype("u1").tobytes()
    digits = (flat[:, None] >> np.arange(bits - 1, -1, -1)) & 1
    return np.packbits(digits.astype("u1").reshape(-1)).tobytes()


def paeth(a: int, b: int, c: int) -> int:
    p = a + b - c
    distances = [(abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c)]
    return min(distances)[2]


def filtered(rows: list[bytes], step: int) -> bytes:
    """The rows, each behind a filter type; all five types take turns."""
    out, above = b"", bytes(len(rows[0]) if rows else 0)
    for number, row in enumerate(rows):
        kind = number % 5
        line = bytearray()
        for i, value in enumerate(row):
            a = row[i - step] if i >= step else 0
            b = above[i]
            c = above[i - step] if i >= step else 0
            line.append((value - (0, a, b, (a + b) // 2, paeth(a, b, c))[kind]) & 255)
        out += bytes([kind]) + bytes(line)
        above = row
    return out


ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def png(samples: np.ndarray, colour: int, bits: int, extra: bytes = b"", interlaced: bool = False) -> bytes:
    step = max(1, samples.shape[2] * bits // 8)
    passes = ADAM7 if interlaced else ((0, 0, 1, 1),)
    data = b""
    for x, y, across, down in passes:
        part = samples[y::down, x::across]
        if part.size:
            data += filtered([pack(row, bits) for row in part], step)
    data = zlib.compress(data, 9)
    header = struct.pack(">IIBBBBB", samples.shape[1], samples.shape[0], bits, colour, 0, 0, int(interlaced))
    half = len(data) // 2
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", data[:half])
            + chunk(b"IDAT", data[half:]) + chunk(b"IEND", b""))


def random_samples(channels: int, bits: int) -> np.ndarray:
    return rng.integers(0, 2**bits, (HEIGHT, WIDTH, channels))


def palette_chunk(colours: int) -> bytes:
    return chunk(b"PLTE", rng.integers(0, 256, 3 * colours, dtype=np.uint8).tobytes())


def write_image(name: str, data: bytes) -> None:
    path = OUT / "png" / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def make_images() -> None:
    gamma = chunk(b"gAMA", struct.pack(">I", 100000))
    standard = chunk(b"sRGB", b"\0")
    profile = chunk(b"iCCP", b"not a profile\0\0" + zlib.compress(b"nothing of use"))
    text = chunk(b"tEXt", b"Comment\0a comment")
    for interlaced in (False, True):
        end = "_interlaced" if interlaced else ""
        for bits in (1, 2, 4, 8, 16):
            write_image(f"grey/grey{bits:02d}{end}", png(random_samples(1, bits), 0, bits, interlaced=interlaced))
        for bits in (1, 2, 4, 8):
            write_image(f"palette/palette{bits}{end}",
                        png(random_samples(1, bits), 3, bits, palette_chunk(2**bits), interlaced))
        for bits in (8, 16):
            write_image(f"colour/rgb{bits:02d}{end}", png(random_samples(3, bits), 2, bits, interlaced=interlaced))
            write_image(f"alpha/grey_alpha{bits:02d}{end}",
                        png(random_samples(2, bits), 4, bits, interlaced=interlaced))
            write_image(f"alpha/rgb_alpha{bits:02d}{end}",
                        png(random_samples(4, bits), 6, bits, interlaced=interlaced))
    write_image("chunks/gamma", png(random_samples(3, 8), 2, 8, gamma))
    write_image("chunks/srgb", png(random_samples(3, 8), 2, 8, standard))
    write_image("chunks/profile", png(random_samples(1, 8), 0, 8, profile))
    write_image("chunks/text", png(random_samples(3, 8), 2, 8, text))
    write_image("chunks/transparent_grey", png(random_samples(1, 4), 0, 4, chunk(b"tRNS", b"\0\3")))
    write_image("chunks/transparent_rgb", png(random_samples(3, 8), 2, 8, chunk(b"tRNS", b"\0\3\0\4\0\5")))
    transparency = chunk(b"tRNS", bytes(range(0, 160, 10)))
    write_image("chunks/transparent_palette", png(random_samples(1, 4), 3, 4, palette_chunk(16) + transparency))
    write_image("chunks/short_palette", png(random_samples(1, 8), 3, 8, palette_chunk(100)))
    write_image("chunks/solid", png(np.full((HEIGHT, WIDTH, 3), 200), 2, 8))


def expected(path: Path, mode: str) -> np.ndarray:
    """[channels, height, width] as Pillow reads it; 16-bit grey, which Pillow clips, keeps its upper 8 bits."""
    with Image.open(path) as image:
        if image.mode == "I":
            upper = (np.asarray(image) >> 8).astype(np.uint8)
            return np.stack([upper] * (1 if mode == "L" else 3))
        pixels = np.asarray(image.convert(mode))
    return pixels[None] if mode == "L" else pixels.transpose(2, 0, 1)


def make_tall_jpeg() -> None:
    """Progressive, and of more rows than a decoder must hold at a time."""
    Image.new("RGB", (8, 2000), (10, 200, 30)).save(OUT / "tall.jpg", progressive=True)


# ---- JPEG images, resized and cropped ----

# Resize's size (0: as they are) and whether it is bicubic; then the middle of CROP x CROP is taken.
TRANSFORMS = [(0, False), (17, False), (37, True), (10, True), (13, False)]
CROP = 16


def make_jpegs() -> None:
    """Images far wider than the crop, whose columns beside it a decoder need not look at."""
    generator = np.random.default_rng(11)
    smooth = Image.fromarray(generator.integers(0, 256, (4, 15, 3), dtype=np.uint8)).resize((112, 24), Image.BICUBIC)
    rough = generator.integers(-30, 31, (24, 112, 3))
    image = Image.fromarray(np.clip(np.asarray(smooth).astype(int) + rough, 0, 255).astype(np.uint8))
    for name in ("colour", "other"):
        (OUT / "jpeg" / name).mkdir(parents=True)
    for sampling, name in enumerate(("444", "422", "420")):
        image.save(OUT / "jpeg/colour" / f"rgb{name}.jpg", subsampling=sampling)
    image.save(OUT / "jpeg/colour/rgb_progressive.jpg", progressive=True)
    image.convert("CMYK").save(OUT / "jpeg/other/cmyk.jpg")
    image.convert("L").save(OUT / "jpeg/other/grey.jpg")


def transformed(path: Path, mode: str, size: int, is_bicubic: bool) -> np.ndarray:
    with Image.open(path) as image:
        image = image.convert(mode)
    if size:
        image = Resize(size, InterpolationMode.BICUBIC if is_bicubic else InterpolationMode.BILINEAR)(image)
    return np.asarray(CenterCrop(CROP)(image)).reshape(CROP, CROP, -1)


# ---- Folders ----

NAMES = ["1.png", "10.png", "2.png", "a.png", "A.png", "a b.png", "a-b.png", "_.png", "b.PNG", "b.Png", "~.png",
         "\u00e9.png", "\u65e5\u672c.png", "\U0001f600.png"]
FOLDERS = ["", "a", "a/b", "a/b/c", "a.b", "a b", "a-b", "aa", "A", "B", "10", "9", "\u00e9", "z.png"]
CLASSES = ["cat", "Cat", "cat.2", "cat 2", "dog", "10", "9", "\u00e9"]


def make_folder_order() -> None:
    """One path a line, in the order of torchvision's ImageFolder; about a third of all that the names allow."""
    chosen = random.Random(5)
    with tempfile.TemporaryDirectory() as root:
        for name in CLASSES:
            for folder in FOLDERS:
                for file in NAMES:
                    if chosen.random() < 0.33:
                        path = Path(root, name, folder, file)
                        path.parent.mkdir(parents=True, exist_ok=True)
                        path.touch()
        _, classes = find_classes(root)
        samples = make_dataset(root, classes, IMG_EXTENSIONS)
        lines = [f"{label} {Path(path).relative_to(root)}\n" for path, label in samples]
    (OUT / "folder_order.txt").write_text("".join(lines), encoding="utf-8")


def main() -> None:
    shutil.rmtree(OUT, ignore_errors=True)
    make_arrays()
    make_images()
    make_tall_jpeg()
    make_jpegs()
    make_folder_order()
    paths = sorted((OUT / "png").rglob("*.png"), key=lambda path: (str(path.parent), path.name))
    for mode, name in (("L", "grey"), ("RGB", "rgb")):
        np.save(OUT / f"pillow_{name}.npy", np.ascontiguousarray(np.stack([expected(path, mode) for path in paths])))
    jpegs = sorted((OUT / "jpeg").rglob("*.jpg"), key=lambda path: (str(path.parent), path.name))
    for mode, name in (("L", "grey"), ("RGB", "rgb")):
        np.save(OUT / f"jpeg_{name}.npy", np.stack([[transformed(path, mode, *transform) for path in jpegs]
                                                    for transform in TRANSFORMS]))
    print(len(paths), "images")


if __name__ == "__main__":
    main()
