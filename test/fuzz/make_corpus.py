#!/usr/bin/env python3
"""Make the seeds of test/fuzz/corpus: small sound files of every kind, and the
broken ones that people would think of first.

The seeds (seed_*) are committed; this script says where they come from.  What
the fuzzers found lies beside them under other names, and is left alone.

Usage (from the top of the repo, after `make`; Debian's python3-numpy,
python3-pil and libjpeg-turbo-progs):
    /usr/bin/python3 test/fuzz/make_corpus.py
"""

from __future__ import annotations

import io
import json
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

OUT = Path("test/fuzz/corpus")
GOLDEN = Path("test/golden/files")


def put(target: str, name: str, data: bytes) -> None:
    (OUT / target).mkdir(parents=True, exist_ok=True)
    (OUT / target / f"seed_{name}").write_bytes(data)


# ---- .npy ----

def npy(header: str, data: bytes = b"", version: tuple[int, int] = (1, 0), length: int | None = None) -> bytes:
    size = len(header) if length is None else length
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H" if version[0] == 1 else "<I", size) + header.encode() + data


def make_npy() -> None:
    for path in sorted((GOLDEN / "npy").glob("*.npy")):
        put("npy", path.stem, path.read_bytes())
    whole = "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }"
    put("npy", "claims_2_60", npy(whole % "1152921504606846976,"))
    put("npy", "claims_2_64", npy(whole % "18446744073709551616,"))
    put("npy", "product_wraps", npy(whole % "4294967296, 4294967296, 4"))
    put("npy", "zero_times_huge", npy(whole % "0, 9223372036854775807, 9223372036854775807"))
    put("npy", "long_header", npy(whole % "1," + " " * 4000, bytes(4), (2, 0)))
    put("npy", "length_beyond", npy(whole % "1,", bytes(4), (2, 0), 0xFFFFFFFF))
    put("npy", "nested", npy("{'descr': '<f4', 'fortran_order': False, 'shape': ((((1,),),),), }", bytes(4)))


# ---- .safetensors ----

def header_only(header: object, filled: int, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    return text + b"\0" + struct.pack("<H", filled) + data


def tensors(shapes: dict[str, tuple[int, ...]], dtype: str = "F32", size: int = 4) -> tuple[dict, int]:
    header, at = {}, 0
    for name, shape in shapes.items():
        end = at + int(np.prod(shape, dtype=int)) * size
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, end]}
        at = end
    return header, at


def norm(name: str, channels: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.{part}": (channels,) for part in ("weight", "bias", "running_mean", "running_var")}


def resnet(stem: int, bottleneck: bool) -> dict[str, tuple[int, ...]]:
    out: dict[str, tuple[int, ...]] = {"conv1.weight": (2, 1, stem, stem), **norm("bn1", 2)}
    if bottleneck:
        out |= {"layer1.0.conv1.weight": (1, 2, 1, 1), **norm("layer1.0.bn1", 1),
                "layer1.0.conv2.weight": (1, 1, 3, 3), **norm("layer1.0.bn2", 1),
                "layer1.0.conv3.weight": (4, 1, 1, 1), **norm("layer1.0.bn3", 4),
                "layer1.0.downsample.0.weight": (4, 2, 1, 1), **norm("layer1.0.downsample.1", 4)}
    else:
        out |= {"layer1.0.conv1.weight": (2, 2, 3, 3), **norm("layer1.0.bn1", 2),
                "layer1.0.conv2.weight": (2, 2, 3, 3), **norm("layer1.0.bn2", 2)}
    return out | {"fc.weight": (3, 4 if bottleneck else 2), "fc.bias": (3,)}


def vit(timm: bool) -> dict[str, tuple[int, ...]]:
    dim, hidden = 2, 3
    if timm:
        names = ("cls_token", "pos_embed", "patch_embed.proj", "norm", "blocks.0.", "norm1", "attn.qkv.weight",
                 "attn.qkv.bias", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2")
    else:
        names = ("class_token", "encoder.pos_embedding", "conv_proj", "encoder.ln", "encoder.layers.encoder_layer_0.",
                 "ln_1", "self_attention.in_proj_weight", "self_attention.in_proj_bias", "self_attention.out_proj",
                 "ln_2", "mlp.0", "mlp.3")
    token, positions, patch, final, block, norm1, qkv_weight, qkv_bias, proj, norm2, fc1, fc2 = names
    out: dict[str, tuple[int, ...]] = {token: (1, 1, dim), positions: (1, 5, dim)}

    def layer(name: str, outputs: int, *inputs: int) -> None:
        out[f"{name}.weight"] = (outputs, *inputs)
        out[f"{name}.bias"] = (outputs,)

    layer(patch, dim, 3, 2, 2)
    layer(block + norm1, dim)
    out[block + qkv_weight] = (3 * dim, dim)
    out[block + qkv_bias] = (3 * dim,)
    layer(block + proj, dim, dim)
    layer(block + norm2, dim)
    layer(block + fc1, hidden, dim)
    layer(block + fc2, dim, hidden)
    layer(final, dim)
    return out


def make_safetensors() -> None:
    values = np.array([0.5, -0.25, 1, 2, -3, 0.125, 0.75], "<f4").tobytes()
    for name, shapes in {"resnet": resnet(3, False), "resnet_stem7": resnet(7, False),
                         "bottleneck": resnet(3, True), "vit": vit(True), "vit_torchvision": vit(False)}.items():
        header, size = tensors(shapes)
        if name.startswith("vit"):
            header = {"__metadata__": {"num_heads": "2"}, **header}
        put("safetensors", name, header_only(header, size, values))
    for dtype, size in {"F16": 2, "BF16": 2, "F64": 8}.items():
        header, total = tensors(resnet(3, False), dtype, size)
        put("safetensors", f"resnet_{dtype.lower()}", header_only(header, total, b"\x11\x3c\x22\x38\x33\x34\x44\x30"))
    header, total = tensors({"a": (2, 3), "b": (0,), "c": ()})
    text = json.dumps(header).encode()
    put("safetensors", "whole_file", struct.pack("<Q", len(text)) + text + bytes(total))
    put("safetensors", "nothing", struct.pack("<Q", 2) + b"{}")
    put("safetensors", "length_beyond", struct.pack("<Q", 2**63) + b"{}")
    one = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
    put("safetensors", "nan", header_only({"w": {**one, "shape": [1, 1]}}, 4, b"\0\0\xc0\x7f"))
    put("safetensors", "overlap", header_only({"a": one, "b": {**one, "data_offsets": [2, 6]}}, 6))
    put("safetensors", "gap", header_only({"a": one, "b": {**one, "data_offsets": [5, 9]}}, 9))
    put("safetensors", "rest", header_only({"a": one}, 5))
    put("safetensors", "beyond", header_only({"a": {**one, "data_offsets": [0, 2**62], "shape": [2**60]}}, 4))
    put("safetensors", "product_wraps", header_only({"a": {**one, "shape": [2**32, 2**32]}}, 4))
    put("safetensors", "zero_times_huge", header_only({"a": {**one, "shape": [2**62, 2**62, 0], "data_offsets": [0, 0]}}, 0))
    put("safetensors", "unknown_dtype", header_only({"a": {**one, "dtype": "Q7_K"}}, 4))
    put("safetensors", "every_dtype", header_only(
        {d: {"dtype": d, "shape": [8, 8], "data_offsets": [0, 0]} for d in
         ("BOOL", "I8", "I16", "U16", "U32", "U64", "C64", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F6_E2M3", "F6_E3M2", "F4")}, 0))
    put("safetensors", "deep", header_only(b'{"a":' + b"[" * 3000 + b"]" * 3000 + b"}", 0))
    put("safetensors", "odd_names", header_only({"": one, "a\nb": {**one, "data_offsets": [4, 8]},
                                                 "\u00e4": {**one, "data_offsets": [8, 12]}}, 12))
    put("safetensors", "invalid_utf8", header_only(b'{"\xff\xc0":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4))
    put("safetensors", "twice", header_only(
        b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4))


# ---- Images ----

# Choices at the end (image_input.h): fail, options, size, crop.
CHOICES = {"": bytes(8), "_resized": bytes((0, 0, 5, 0, 0, 0, 0, 0)), "_cropped": bytes((0, 3, 6, 5, 0, 0, 0, 0))}


def picture(mode: str) -> Image.Image:
    y, x = np.mgrid[0:19, 0:23]
    rgb = np.stack([x * 11, y * 13, (x * y) % 251], 2).astype(np.uint8)
    return Image.fromarray(rgb).convert(mode)


def jpeg(mode: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture(mode).save(out, "JPEG", quality=60, **options)
    return out.getvalue()


def tool(data: bytes, *command: str) -> bytes:
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def make_images() -> None:
    baseline = jpeg("RGB")
    kinds = {"grey": jpeg("L"), "rgb": baseline, "rgb444": jpeg("RGB", subsampling=0), "cmyk": jpeg("CMYK"),
             "progressive": jpeg("RGB", progressive=True), "progressive_grey": jpeg("L", progressive=True),
             "restarts": tool(baseline, "jpegtran", "-restart", "1B"),
             "arithmetic": tool(baseline, "jpegtran", "-arithmetic"),
             "exif": baseline[:2] + b"\xff\xe1\x00\x10Exif\0\0MM\0*\0\0\0\x08" + baseline[2:],
             "cut": baseline[:len(baseline) * 2 // 3]}
    for name, data in kinds.items():
        for suffix, choices in CHOICES.items():
            put("jpeg", name + suffix, data + choices)
    at = baseline.index(b"\xff\xc0") + 5
    put("jpeg", "claims_65535", baseline[:at] + b"\xff\xff\xff\xff" + baseline[at + 4:])
    for path in sorted((GOLDEN / "png").glob("*/*.png")):
        suffix = list(CHOICES)[len(path.stem) % len(CHOICES)]
        put("png", path.stem + suffix, path.read_bytes() + CHOICES[suffix])
    for colour, bits, samples in ((0, 3, 1), (2, 3, 3), (3, 3, 1), (4, 4, 4), (6, 3, 4), (0, 0, 0)):
        for interlaced in (0, 1):
            rows = b"".join(bytes((y % 5,)) + bytes((x * 7 + y) % 256 for x in range(9 * max(samples, 1)))
                            for y in range(30))
            start = bytes((8, 8, bits, colour, interlaced)) + (b"\x0f" if colour == 3 else b"")
            put("png", f"rows_{colour}_{interlaced}", start + rows + CHOICES["_cropped"])


# ---- Folders ----

NAMES = ("a", "b", "c", "1.png", "2.PNG", "3.jpg", "4.jpeg", "5.webp", "x.txt", ".png", ".hidden", "x.Tiff", "png",
         " .png", "two_lines.png", "invalid.png", "escape", "umlaut.png", "-", "percent.png")
TARGETS = (".", "..", "../..", "../a", "../b", "a", "b", "1.png", "../a/1.png", "/dev/null", "/dev/zero",
           "/proc/self/status", "no", "two_lines", "self", "/dev/tty", "../../b/../a", "/proc/version")


def tree(*steps: str, options: int = 0) -> bytes:
    """The bytes of folders_fuzz.c for steps such as "mkdir a", "file 1.png", "link x.txt ..", "up"."""
    out = bytes((options,))
    for step in steps:
        kind, *words = step.split(" ", 2)
        out += bytes(({"up": 0, "mkdir": 1, "file": 5, "link": 11, "fifo": 14, "socket": 15}[kind],))
        if words:
            out += bytes((NAMES.index(words[0].replace("~", " ")),))
        if kind == "file":
            out += bytes((int(words[1]) if len(words) > 1 else 0,))
        if kind == "link":
            out += bytes((TARGETS.index(words[1]),))
    return out


def make_folders() -> None:
    class_a, class_b = ("mkdir a", "file 1.png", "file 2.PNG", "up"), ("mkdir b", "file 1.png", "up")
    for options in range(4):
        put("folders", f"sound_{options}", tree(*class_a, *class_b, options=options))
    put("folders", "deep", tree(*("mkdir a",) * 20, "file 1.png"))
    put("folders", "loops", tree("mkdir a", "file 1.png", "mkdir b", "link c ..", "up", "link png ../..", "up", *class_b))
    put("folders", "links", tree(*class_a, "mkdir b", "link c ../a", "link 3.jpg ../a/1.png", "up", "link c a"))
    put("folders", "devices", tree("mkdir a", "file 1.png", "link 2.PNG /dev/zero", "up"))
    put("folders", "proc", tree("mkdir a", "file 1.png", "link 2.PNG /proc/self/status", "up", options=1))
    put("folders", "fifo", tree("mkdir a", "file 1.png", "fifo 2.PNG"))
    put("folders", "fifo_beside", tree("mkdir a", "file 1.png", "fifo x.txt", "socket png"))
    put("folders", "broken", tree("mkdir a", *(f"file {NAMES[3 + i]} {i}" for i in range(8)), "file ~.png 5", options=1))
    put("folders", "odd_names", tree("mkdir a", *(f"file {n.replace(' ', '~')}" for n in NAMES if n not in "ab"), options=1))
    put("folders", "line_break", tree("mkdir a", "file two_lines.png"))
    put("folders", "long_name", tree("mkdir a") + bytes((5, 200)) + b"n" * 255 + bytes(1))
    put("folders", "many_ways", tree(*(s for _ in range(10) for s in ("mkdir a", "link b a", "link c a")), "file 1.png"))


# ---- Command lines ----

def make_commands() -> None:
    lines = {
        "nothing": "", "help": "help", "version": "--version", "unknown": "unknown",
        "mask": "mask --weights w.safetensors --level 1 --out o.safetensors",
        "plan": "mask --weights w.safetensors --plan --schedule linear:0.02-0.98x4",
        "plan_json": "mask --weights w.safetensors --plan --json --criterion random --seed 7 --include layer1*",
        "features": "score --features f.npy --labels y.npy --out o.npy --curves c.npy --centroids m.npy --observe margin",
        "losses": "score --losses l.npy --out o.npy",
        "images": "score --encoder w.safetensors --images images --out-dir o --schedule list:0,0.5,1 --batch 3 --threads 2",
        "checkpoint": "score --encoder w.safetensors --images images --out-dir o --schedule list:0,0.5 --checkpoint ck",
        "no_checkpoint": "score --encoder w.safetensors --images images --out-dir o --schedule list:0,0.5 --checkpoint y.npy",
        "auto": "score --encoder w.safetensors --images images --out-dir run --schedule auto --agreement 0.9 --skip-broken",
        "transform": "score --encoder w.safetensors --images images --out-dir o --size 4 --crop 3 --mean 0.5 --std 0.5 "
                     "--interpolation bicubic --memory-limit 1000000000 --schedule geometric:0.02x3 --pool mean",
        "select": "select --scores s.npy --labels y.npy --keep 0.5 --out o.npy --ids id.npy --order pick --floor 1",
        "select_run": "select --run run --count 2 --out o.npy --list o.txt --gamma 0.3 --method hard",
        "numpy": "select --scores s.npy --labels y.npy --keep 0.5 --out o.npy --budget paper --rng numpy --seed 4294967295",
        "report": "report run --select i.npy --out o.html --gamma 0.4 --quiet",
        "wrong_kind": "score --features s.npy --labels f.npy --out o.npy",
        "jsonl": "select --scores s.npy --jsonl lines.jsonl --keep 0.5 --out o.jsonl --indices o.npy",
        "no_labels": "select --scores s.npy --count 3 --out o.npy",
        "over_input": "mask --weights w.safetensors --level 0 --out w.safetensors",
        "to_folder": "select --scores s.npy --labels y.npy --keep 1 --out images",
        "short_flag": "select -x",
    }
    for name, line in lines.items():
        put("command", name, "\n".join(line.split()).encode())


# ---- Run folders ----

def make_run_folders() -> None:
    """A run as command_world.c makes it, by build/dlc."""
    work = Path(tempfile.mkdtemp())
    header, size = tensors({name: shape for name, shape in resnet(3, False).items() if not name.startswith("fc.")})
    text = json.dumps(header).encode()
    values = np.arange(1, size // 4 + 1) % 19 / 16
    (work / "w.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + values.astype("<f4").tobytes())
    for label in "ab":
        for number in "12":
            (work / "images" / label).mkdir(parents=True, exist_ok=True)
            shutil.copy(GOLDEN / "png/grey/grey01.png", work / "images" / label / f"{number}.png")
    subprocess.run([Path("build/dlc").resolve(), "score", "--encoder", "w.safetensors", "--images", "images", "--out-dir", "run",
                    "--schedule", "list:0,0.5", "--quiet"], cwd=work, check=True)
    record = json.loads((work / "run/run.json").read_text())
    record["timings"] = {name: 0.5 for name in record["timings"]}
    (work / "run/run.json").write_text(json.dumps(record, indent=1))
    for number, name in enumerate(("run.json", "samples.txt", "scores.npy", "curves.npy", "labels.npy", "correct.npy")):
        for command in range(3):
            put("run_folder", f"{name}_{command}", bytes((number, command)) + (work / "run" / name).read_bytes())
    shutil.rmtree(work)
    put("run_folder", "record_empty", b"\0\0{}")
    put("run_folder", "record_no_json", b"\0\0{\"a\"")
    put("run_folder", "samples_fewer", b"\1\2a/1.png\n")
    put("run_folder", "samples_no_end", b"\1\2a/1.png\na/2.png\nb/1.png\nb/2.png")
    put("run_folder", "samples_odd", b"\1\1\xff\n<script>\n\n\0\n")
    for name, lines in {"": b"1\n2\n3\n4\n5\n6\n", "no_end": b"1\n2\n3\n4\n5\n6", "fewer": b"1\n2\n", "blank": b"\n\r\n \n\n5\n6\n",
                        "more": b"1\n2\n3\n4\n5\n6\n7\n", "odd": b"\0\n\xff\n3\n4\n5\n6\n"}.items():
        put("run_folder", f"jsonl_{name}", b"\0\3" + lines)


# ---- Programs of calls ----

FILL = bytes((0,)) + (0x5A3C96E1).to_bytes(4, "little")
SHARE_AUTO = 20
MASK, SCORE, RUN, FLEXRAND, FAILURE = 1, 3, 5, 7, 0


def add_tensor(name: int, dtype: int, offset: int, count: int) -> bytes:
    return bytes((MASK, 12, name, 0, 0, dtype)) + offset.to_bytes(2, "little") + bytes((count, 0, 1))


def make_programs() -> None:
    tensors_two = add_tensor(0, 0, 0, 40) + add_tensor(1, 3, 161, 33)
    schedule = bytes((MASK, 4, 3, 3))  # "list:0,0.1,0.5"
    samples = bytes((SCORE, 1, 0, 12))
    unlabelled = bytes((SCORE, 1, 192, 12))
    keep_curves = bytes((SCORE, 3, 2, 1))

    def head(kind: int, width: int) -> bytes:
        return bytes((SCORE, 3, 3, kind, width))

    def execute(trouble: int = 0, after: int = 0) -> bytes:
        return bytes((RUN, 7, trouble, after, 1))

    results = bytes((SCORE, 14, 1, SCORE, 15))
    whole = tensors_two + schedule + samples + head(0, 4) + keep_curves
    put("api", "run_centroid", FILL + whole + execute() + results)
    put("api", "run_auto", FILL + whole + bytes((RUN, 3, SHARE_AUTO)) + execute() + results + bytes((RUN, 5, 0)))
    put("api", "run_logits", FILL + tensors_two + schedule + samples + head(1, 2) + execute() + results)
    put("api", "run_loss", FILL + tensors_two + schedule + unlabelled + head(2, 1) + execute() + results)
    put("api", "run_troubles", FILL + whole + b"".join(execute(t, 3) for t in range(8)) + execute() + results)
    put("api", "run_no_memory", FILL + whole + b"".join(bytes((FAILURE, 128 + n)) + execute() for n in range(20)))
    stored = bytes((RUN, 11, 0, 0))
    put("api", "run_goes_on", FILL + whole + stored + execute(1, 5) + execute() + results + execute(8, 2))
    put("api", "run_goes_on_auto", FILL + whole + stored + bytes((RUN, 3, SHARE_AUTO, RUN, 13, 0, 5)) + execute(5, 3) + execute())
    put("api", "run_exchange", FILL + whole + bytes((RUN, 10, 1, SCORE, 3, 4, 3)) + execute() + results)
    put("api", "mask", FILL + tensors_two + schedule + bytes((MASK, 6)) +
        b"".join(bytes((MASK, 8, level)) for level in (2, 0, 1)) + bytes((MASK, 11, 1, 0, MASK, 10, MASK, 8, 2, MASK, 0)))
    put("api", "mask_random", FILL + tensors_two + bytes((MASK, 1, 1, MASK, 2)) + bytes(8) + bytes((MASK, 6, MASK, 8, 30)))
    put("api", "mask_all_dtypes", FILL + b"".join(add_tensor(i, (0, 2, 3, 4)[i], 128 * i, 16) for i in range(4)) +
        bytes((MASK, 6, MASK, 8, 7, MASK, 10)))
    observe = b"".join(bytes((SCORE, 7, level, SCORE, 9, 2, 0, 0, *range(32), SCORE, 11)) for level in range(3))
    put("api", "score", FILL + samples + head(0, 4) + bytes((SCORE, 3, 1, 3)) + keep_curves +
        bytes((SCORE, 5, 2, 0, 0, *range(32), SCORE, 6)) + observe + results + bytes((SCORE, 12, 0)))
    put("api", "score_closed", FILL + samples + head(1, 2) + bytes((SCORE, 3, 1, 3)) + keep_curves +
        observe[:len(observe) // 3] + bytes((SCORE, 14, 0, SCORE, 12, 1)) + results)
    put("api", "flexrand", FILL + bytes((FLEXRAND, 1, 3, 30) + (FLEXRAND, 5, 1, 7) + (FLEXRAND, 3, 5, 2) + (FLEXRAND, 5, 0, 4) +
                                        (FLEXRAND, 3, 2, 1) + (FLEXRAND, 3, 5, 0) + (FLEXRAND, 5, 0, 5)))


# ---- Responses ----

def make_responses() -> None:
    def piece(first: int, rows: int, tokens: int, kind: int, more: bytes = b"") -> bytes:
        return bytes((3, first, rows, tokens, 1, kind)) + more

    losses = bytes((6,))
    for name, dtype in {"f32": 0, "f16": 1, "bf16": 2}.items():
        logits = bytes((0, 0, dtype, 7))
        batch = bytes((2, 3))
        put("response", name, logits + batch + piece(0, 3, 4, 0) + losses + piece(1, 2, 3, 8) + losses)
        put("response", f"{name}_bits", logits + batch + piece(0, 3, 2, 2, bytes(range(0, 256, 3)) * 2) + losses)
    logits, batch = bytes((0, 0, 0, 7)), bytes((2, 3))
    put("response", "mask", logits + batch + piece(0, 3, 4, 1, bytes((1, 0, 2) * 4)) + bytes((1, 1, 1)) + losses)
    put("response", "targets", logits + batch + piece(0, 3, 4, 4, bytes((1, 0, 6, 3) * 3)) + losses)
    put("response", "strides", logits + batch + bytes((3, 0, 3, 4, 0, 21, 7, 5, 6, 0)) + losses)
    put("response", "empty", logits + batch + losses + bytes((1, 1, 1)) + losses)


# ---- Class sums ----

def make_sums() -> None:
    shape = bytes((1, 2, 6, 1))
    put("sums", "as_exported", shape + b"\0")
    put("sums", "tiny_values", bytes((2, 3, 8, 0)) + b"\0")
    put("sums", "nonsense", shape + b"\x01" + bytes(range(250)))
    put("sums", "too_short", shape + bytes((4, 100)))
    for name, at, value in (("version", 8, 2), ("classes", 16, 3), ("width", 24, 200), ("checksum", 32, 9), ("count", 48, 200),
                            ("count_huge", 55, 0x40), ("count_negative", 55, 0x80), ("low_limb", 64, 1), ("high_limb", 175, 1),
                            ("high_limb_huge", 179, 0x7F)):
        put("sums", name, shape + bytes((0x10,)) + at.to_bytes(2, "little") + bytes((value,)))
        put("sums", f"{name}_sealed", shape + bytes((0x12,)) + at.to_bytes(2, "little") + bytes((value,)))


# ---- Checkpoints ----

def make_checkpoints() -> None:
    for kind in (0, 1, 2, 4, 8, 10, 12, 16, 20, 24):
        for stop in (0, 3, 7, 15):
            put("checkpoint", f"kind_{kind}_stop_{stop}", bytes((kind, stop)))
    for at in (0, 8, 9, 16, 31, 40, 100, 300, 500):
        put("checkpoint", f"byte_{at}", bytes((20, 7, 0x10)) + at.to_bytes(2, "little") + b"\0\x7f")
        put("checkpoint", f"byte_{at}_sealed", bytes((20, 7, 0x11)) + at.to_bytes(2, "little") + b"\0\x7f")
        put("checkpoint", f"number_{at}_sealed", bytes((24, 7, 0x11)) + at.to_bytes(2, "little") + b"\2\xff" + b"\xff" * 7 + b"\x7f")
        put("checkpoint", f"cut_{at}", bytes((0, 3, 2)) + at.to_bytes(2, "little"))
    put("checkpoint", "nonsense", bytes((0, 3, 4)) + b"no checkpoint" * 9)
    for trouble in range(1, 5):
        put("checkpoint", f"read_trouble_{trouble}", bytes((0, 3, 0, trouble)))


def main() -> None:
    for path in OUT.glob("*/seed_*"):
        path.unlink()
    make_npy()
    make_safetensors()
    make_images()
    make_folders()
    make_commands()
    make_run_folders()
    make_programs()
    make_responses()
    make_sums()
    make_checkpoints()


if __name__ == "__main__":
    assert shutil.which("jpegtran"), "jpegtran is in Debian's libjpeg-turbo-progs"
    main()
