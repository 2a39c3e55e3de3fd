"""Pixels against Pillow and torchvision: real photos, and every odd kind of PNG and JPEG, resized and cropped.

At least 99.9 % of all bytes must be equal and none off by more than 1; broken files must be broken for both.
"""

from __future__ import annotations

import io
import os
import random
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
from PIL import Image
from torchvision.transforms import CenterCrop, InterpolationMode, Resize

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "bench"))
from library import dlc  # noqa: E402

PHOTOS = Path("/usr/share/tuxpaint/stamps")
warnings.simplefilter("ignore")

# size, crop, bicubic
TRANSFORMS = [(256, 224, 0), (256, 224, 1), (0, 50, 0), (96, 96, 0), (33, 32, 1), (300, 301, 0), (20, 45, 1)]


def noise(height: int, width: int, seed: int) -> Image.Image:
    """Colours that change everywhere, smoothly and not: no resizing error hides in it."""
    generator = np.random.default_rng(seed)
    smooth = Image.fromarray(generator.integers(0, 256, (7, 7, 3), dtype=np.uint8)).resize((width, height), 3)
    rough = generator.integers(-40, 41, (height, width, 3))
    return Image.fromarray(np.clip(np.asarray(smooth).astype(int) + rough, 0, 255).astype(np.uint8))


def adobe_marker(data: bytes, transform: int) -> bytes:
    """The same JPEG with the transform of its Adobe marker changed, or with a marker put in."""
    place = data.find(b"Adobe\0")
    if place >= 0:
        return data[:place + 11] + bytes([transform]) + data[place + 12:]
    return data[:2] + b"\xff\xee\0\x0eAdobe\0d\0\0\0\0" + bytes([transform]) + data[2:]


def jpeg(image: Image.Image, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


def make_odd(folder: Path) -> None:
    def put(name: str, data: bytes) -> None:
        (folder / name).write_bytes(data)

    colour = noise(187, 251, 1)
    for sampling in (0, 1, 2):
        for progressive in (False, True):
            for quality in (20, 75, 96):
                put(f"rgb_{sampling}_{progressive}_{quality}.jpg",
                    jpeg(colour, subsampling=sampling, progressive=progressive, quality=quality))
    for progressive in (False, True):
        put(f"grey_{progressive}.jpg", jpeg(colour.convert("L"), progressive=progressive))
        put(f"cmyk_{progressive}.jpg", jpeg(colour.convert("CMYK"), progressive=progressive))
        put(f"ycck_{progressive}.jpg", adobe_marker(jpeg(colour.convert("CMYK"), progressive=progressive), 2))
    put("adobe_rgb.jpg", adobe_marker(jpeg(colour, subsampling=0).replace(b"JFIF", b"JFJF"), 0))
    put("adobe_ycc.jpg", adobe_marker(jpeg(colour), 1))
    put("cmyk_no_marker.jpg", jpeg(colour.convert("CMYK")).replace(b"Adobe", b"adobe"))
    exif = Image.Exif()
    for orientation in (3, 6, 8):
        exif[0x0112] = orientation
        put(f"turned_{orientation}.jpg", jpeg(colour, exif=exif))
    put("profile.jpg", jpeg(colour, icc_profile=bytes(1000)))
    put("restarts.jpg", jpeg(colour, quality=90, restart_marker_blocks=3))
    put("comment.jpg", jpeg(colour, comment=b"x" * 60000))
    put("is_a_png.jpg", png(colour))
    put("is_a_jpeg.png", jpeg(colour))
    put("extra_bytes.jpg", jpeg(colour) + bytes(1000))
    put("no_end.jpg", jpeg(colour)[:-2] + bytes(64))
    for number, (height, width) in enumerate([(1, 1), (1, 2), (1, 500), (500, 1), (2, 3000), (7, 8), (224, 224),
                                              (256, 256), (256, 300), (255, 257), (1000, 61), (375, 500), (17, 4000)]):
        put(f"size_{number}.jpg", jpeg(noise(height, width, number)))
        put(f"size_{number}.png", png(noise(height, width, number)))
    put("alpha.png", png(colour.convert("RGBA")))
    put("grey_alpha.png", png(colour.convert("LA")))
    put("palette.png", png(colour.quantize(200)))
    put("few_colours.png", png(colour.quantize(5)))
    put("bits.png", png(colour.convert("1")))
    put("grey.png", png(colour.convert("L")))


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def link_photos(folder: Path) -> None:
    """Some of the real photos and drawings, of all kinds."""
    for kind, most in (("jp*g", 10**9), ("png", 60)):
        paths = sorted(path for path in PHOTOS.rglob(f"*.{kind}"))
        random.Random(1).shuffle(paths)
        for number, path in enumerate(paths[:most]):
            (folder / f"{number:04d}{path.suffix}").symlink_to(path)


def ours(root: str, channels: int, size: int, crop: int, bicubic: int, limit: int) -> tuple[list[str], np.ndarray]:
    images = dlc.Images(root, channels=channels, size=size, crop=crop, interpolation=bicubic, threads=2,
                        memory_limit=limit)
    pixels = np.empty((images.count, crop, crop, channels), np.uint8)
    for i in range(images.count):
        images.read_pixels(i, pixels[i])
    return images.paths, pixels


def theirs(path: str, channels: int, size: int, crop: int, bicubic: int) -> np.ndarray:
    with Image.open(path) as image:
        image = image.convert("L" if channels == 1 else "RGB")
    if size:
        image = Resize(size, InterpolationMode.BICUBIC if bicubic else InterpolationMode.BILINEAR)(image)
    return np.asarray(CenterCrop(crop)(image)).reshape(crop, crop, channels)


def compare(root: str, transform: tuple[int, int, int], channels: int) -> None:
    size, crop, bicubic = transform
    names, pixels = ours(root, channels, size, crop, bicubic, 20 * crop * crop)
    equal = total = 0
    for name, mine in zip(names, pixels):
        difference = np.abs(mine.astype(int) - theirs(os.path.join(root, name), channels, size, crop, bicubic))
        if difference.max() > 1:
            raise SystemExit(f"{name}, size {size}, crop {crop}, bicubic {bicubic}, {channels} channels: off by "
                             f"{difference.max()} in {(difference > 0).mean():.2%} of the bytes")
        equal += int((difference == 0).sum())
        total += difference.size
    if equal < 0.999 * total:
        raise SystemExit(f"size {size}, crop {crop}, bicubic {bicubic}: only {equal / total:.4%} of the bytes equal")
    print(f"size {size}, crop {crop}, {'bicubic' if bicubic else 'bilinear'}, {channels} channels: {len(names)} images, "
          f"{equal / total:.4%} of {total} bytes equal", flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as root:
        for name, fill in (("odd", make_odd), ("photos", link_photos)):
            folder = Path(root, name)
            folder.mkdir()
            fill(folder)
        for transform in TRANSFORMS:
            for channels in (1, 3):
                compare(root, transform, channels)


if __name__ == "__main__":
    main()
