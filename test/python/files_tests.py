"""Files, images and the encoder through Python, against NumPy, the golden files and class folders made here."""

import json
import os
import shutil
import tempfile
import unittest
from pathlib import Path

import numpy as np
from support import GOLDEN, dlc, needs_encoder, needs_image

F32 = np.float32


class Work(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.work = Path(folder.name)


class NpyFiles(Work):
    def test_reads_what_numpy_wrote(self):
        npy = dlc.Npy()
        self.assertEqual((npy.dtype, npy.rank, npy.count), (-1, -1, -1))
        path = self.work / "array.npy"
        for dtype in ("<f4", "<f2", "<f8", "<i8", "<i4", "|u1"):
            for shape in ((), (0,), (7,), (2, 3, 4), (0, 5)):
                array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
                np.save(path, array)
                npy.open(path)
                with self.subTest(dtype=dtype, shape=shape):
                    got = npy.read()
                    self.assertEqual((got.dtype, got.shape, got.tobytes()), (array.dtype, shape, array.tobytes()))
                    self.assertEqual((npy.rank, npy.shape, npy.count), (array.ndim, shape, array.size))
                    self.assertEqual(dlc.dtype_name(npy.dtype), array.dtype.name)
        np.save(path, np.arange(10, dtype=np.uint8))
        npy = dlc.Npy(str(path))
        self.assertEqual(npy.read(3).tolist(), [3, 4, 5, 6, 7, 8, 9])
        self.assertEqual(npy.read(3, 2).tolist(), [3, 4])
        wide = npy.read_int64(8)
        self.assertEqual((wide.dtype, wide.tolist()), (np.int64, [8, 9]))

    def test_writes_what_numpy_writes(self):
        npy = dlc.Npy()
        bytes_ = np.arange(4, dtype=np.uint8)
        for array in (np.arange(6, dtype=F32).reshape(2, 3), np.array(7), np.zeros((0, 3)), bytes_):
            npy.write(self.work / "ours.npy", array)
            np.save(self.work / "numpys.npy", array)
            self.assertEqual((self.work / "ours.npy").read_bytes(), (self.work / "numpys.npy").read_bytes())

    def test_errors_name_the_file(self):
        npy = dlc.Npy()
        with self.assertRaisesRegex(dlc.DlcError, "missing.npy.*DLC_ERROR_IO"):
            npy.open(self.work / "missing.npy")
        (self.work / "broken.npy").write_bytes(b"\x93NUMPY\1\0 and no more")
        with self.assertRaisesRegex(dlc.DlcError, "broken.npy.*DLC_ERROR_FORMAT"):
            dlc.Npy(self.work / "broken.npy")
        with self.assertRaisesRegex(dlc.DlcError, "DLC_ERROR_STATE"):
            npy.read()
        with self.assertRaisesRegex(dlc.DlcError, "no/folder.*DLC_ERROR_IO"):
            npy.write(self.work / "no" / "folder.npy", np.zeros(3))
        with self.assertRaisesRegex(TypeError, "^array: arrays of complex64 cannot be written"):
            npy.write(self.work / "x.npy", np.zeros(3, np.complex64))
        with self.assertRaisesRegex(TypeError, "^array: the array is not C-contiguous"):
            npy.write(self.work / "x.npy", np.zeros((3, 4)).T)
        np.save(self.work / "float.npy", np.zeros(3))
        with self.assertRaisesRegex(dlc.DlcError, "float.npy.*DLC_ERROR_UNSUPPORTED"):
            dlc.Npy(self.work / "float.npy").read_int64()
        with self.assertRaisesRegex(dlc.DlcError, "DLC_ERROR_ARGUMENT"):
            dlc.Npy(self.work / "float.npy").read(2, 2)

    def test_names_of_any_bytes(self):
        path = self.work / "na\udcffme\u00e9.npy"  # not UTF-8, as os.listdir() gives it
        dlc.Npy().write(path, np.arange(3))
        self.assertEqual(dlc.Npy(bytes(path)).read().tolist(), [0, 1, 2])
        self.assertEqual([entry.name for entry in self.work.iterdir()], [path.name])


def write_safetensors(path: Path, tensors: dict[str, tuple[str, list[int], bytes]], metadata: dict[str, str]) -> None:
    header, data = {"__metadata__": metadata}, b""
    for name, (dtype, shape, raw) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


class SafetensorsFiles(Work):
    def setUp(self) -> None:
        super().setUp()
        self.path = self.work / "model.safetensors"
        self.floats = np.arange(1, 7, dtype=F32).reshape(2, 3)
        write_safetensors(self.path, {
            "layer.weight": ("F32", [2, 3], self.floats.tobytes()),
            "odd": ("I8", [3], b"\1\2\3"),
            "half": ("BF16", [2, 1], b"\x80\x3f\x00\x40"),
            "lm_head.weight": ("F64", [1, 1], np.array(3.0).tobytes()),
            "empty": ("F32", [0, 4], b""),
        }, {"who": "test \u00e9"})

    def test_tensors(self):
        file = dlc.Safetensors(self.path)
        self.assertEqual(len(file), 5)
        self.assertEqual(list(file), ["layer.weight", "odd", "half", "lm_head.weight", "empty"])
        self.assertIn("half", file)
        self.assertNotIn("whole", file)
        with self.assertRaisesRegex(KeyError, "whole"):
            file["whole"]
        self.assertEqual((file.metadata("who"), file.metadata("what")), ("test \u00e9", None))
        expected = {
            "layer.weight": (dlc.DTYPE_F32, "F32", (2, 3), 6, 24, True),
            "odd": (dlc.DTYPE_OTHER, "I8", (3,), 3, 3, False),
            "half": (dlc.DTYPE_BF16, "BF16", (2, 1), 2, 4, True),
            "lm_head.weight": (dlc.DTYPE_F64, "F64", (1, 1), 1, 8, False),
            "empty": (dlc.DTYPE_F32, "F32", (0, 4), 0, 0, True),
        }
        for tensor in file.tensors:
            self.assertEqual((tensor.dtype, tensor.dtype_text, tensor.shape, tensor.elements, tensor.bytes,
                              tensor.masked_by_default), expected[tensor.name])
        self.assertEqual(np.asarray(file["layer.weight"]).tolist(), self.floats.tolist())
        self.assertEqual(np.asarray(file["odd"]).tolist(), [1, 2, 3])
        self.assertEqual(np.asarray(file["half"]).tolist(), [[0x3F80], [0x4000]])
        self.assertEqual(np.asarray(file["empty"]).shape, (0, 4))
        self.assertIn("layer.weight", repr(file["layer.weight"]))

    def test_masked_in_place_and_saved(self):
        file = dlc.Safetensors(self.path)
        mask = dlc.Mask(schedule="list:0.5")
        for tensor in file.tensors:
            if tensor.masked_by_default:
                mask.add_tensor(tensor.name, tensor)
        self.assertEqual(mask.weight_count, 8)
        mask.plan()
        with mask.applied(0):  # 1 1 2 2 | 3 4 5 6
            self.assertEqual(np.asarray(file["layer.weight"]).tolist(), [[0, 0, 3], [4, 5, 6]])
            self.assertEqual(np.asarray(file["half"]).tolist(), [[0], [0]])
            self.assertEqual(mask.copy(0, 1).tolist(), [[0], [0]])
            file.save(self.work / "masked.safetensors")
        file.save(self.work / "same.safetensors")
        self.assertEqual((self.work / "same.safetensors").read_bytes(), self.path.read_bytes())
        masked = dlc.Safetensors(self.work / "masked.safetensors")
        self.assertEqual(np.asarray(masked["layer.weight"]).tolist(), [[0, 0, 3], [4, 5, 6]])
        np.asarray(file["layer.weight"])[:] = 9
        file.save(self.path)
        self.assertEqual(np.asarray(dlc.Safetensors(self.path)["layer.weight"]).tolist(), [[9] * 3] * 2)

    def test_errors_name_the_file(self):
        with self.assertRaisesRegex(dlc.DlcError, "missing.*DLC_ERROR_IO"):
            dlc.Safetensors(self.work / "missing")
        self.path.write_bytes(self.path.read_bytes()[:-1])
        with self.assertRaisesRegex(dlc.DlcError, "model.safetensors.*DLC_ERROR_FORMAT"):
            dlc.Safetensors(self.path)


@needs_image
class ImageFolders(Work):
    def setUp(self) -> None:
        super().setUp()
        source = GOLDEN / "files" / "png"
        for name, file in (("b", "grey/grey08.png"), ("a", "colour/rgb08.png"), ("a", "palette/palette8.png")):
            (self.work / name).mkdir(exist_ok=True)
            shutil.copy(source / file, self.work / name)
        (self.work / "a" / "notes.txt").write_text("no image")

    def test_a_folder(self):
        images = dlc.Images(self.work, channels=3, threads=2, memory_limit=100, cache_folder=self.work)
        self.assertEqual((images.count, images.class_count, images.channels), (3, 2, 3))
        self.assertEqual(images.class_names, ["a", "b"])
        self.assertEqual(images.paths, ["a/palette8.png", "a/rgb08.png", "b/grey08.png"])
        self.assertEqual((images.labels.dtype, images.labels.tolist()), (np.int64, [0, 0, 1]))
        self.assertEqual(images.skipped, [("a/notes.txt", "not an image file")])
        pixels = np.stack([images.read_pixels(sample) for sample in range(3)])
        self.assertEqual(pixels.shape, (3, images.height, images.width, 3))
        batch = images.read(0, 3)
        self.assertTrue((batch == (pixels.astype(F32) / F32(255)).transpose(0, 3, 1, 2)).all())
        out = np.empty_like(batch[:2])
        self.assertIs(images.read(1, 2, out), out)
        self.assertEqual(out.tobytes(), batch[1:].tobytes())
        mean, deviation = np.array([0.1, 0.2, 0.3], F32), np.array([1, 2, 4], F32)
        images.set_normalization(mean, deviation)
        expected = (batch - mean[:, None, None]) / deviation[:, None, None]
        self.assertEqual(images.read(0, 3).tobytes(), expected.tobytes())

    def test_transforms(self):
        images = dlc.Images(self.work, size=20, crop=16, channels=1, interpolation=dlc.INTERPOLATION_BICUBIC,
                            normalization=([0.5], [0.25]))
        self.assertEqual((images.channels, images.height, images.width), (1, 16, 16))
        self.assertEqual(images.read(0, 1).shape, (1, 1, 16, 16))
        plain = dlc.Images(self.work, size=20, crop=16, channels=1)
        self.assertNotEqual(images.read_pixels(0).tobytes(), plain.read_pixels(0).tobytes())

    def test_broken_images(self):
        (self.work / "b" / "cut.png").write_bytes((self.work / "b" / "grey08.png").read_bytes()[:100])
        images = dlc.Images(self.work)
        with self.assertRaisesRegex(dlc.DlcError, "b/cut.png.*DLC_ERROR_FORMAT"):
            images.read(0, 4)
        images = dlc.Images(self.work, skip_broken=True)
        self.assertEqual(images.count, 3)
        self.assertEqual([path for path, _ in images.skipped], ["a/notes.txt", "b/cut.png"])

    def test_wrong_use(self):
        images = dlc.Images(self.work)
        with self.assertRaisesRegex(ValueError, r"^mean: an array of shape \(3\) is needed, not \(1,\)"):
            images.set_normalization([0.5], [0.5])
        with self.assertRaisesRegex(ValueError, "^out: an array of shape"):
            images.read(0, 2, np.empty((1, 3, 5, 5), F32))
        with self.assertRaisesRegex(dlc.DlcError, "DLC_ERROR_ARGUMENT"):
            images.read(2, 2)
        with self.assertRaisesRegex(dlc.DlcError, "DLC_ERROR_ARGUMENT"):
            images.read(0, -1)
        with self.assertRaisesRegex(dlc.DlcError, "DLC_ERROR_STATE"):
            images.set_channels(1)
        with self.assertRaisesRegex(dlc.DlcError, "nowhere.*DLC_ERROR_IO"):
            images.open(self.work / "nowhere")


@needs_encoder
class Encoders(unittest.TestCase):
    def test_features_are_the_golden_ones(self):
        for name, pooling in (("small", None), ("vit", dlc.POOLING_MEAN)):
            file = dlc.Safetensors(GOLDEN / "encoder" / f"{name}.safetensors")
            encoder = dlc.Encoder(file, pooling=pooling, threads=2)
            images = np.load(GOLDEN / "encoder" / f"{name}_images.npy")
            kind = "features" if pooling is None else "mean_features"
            expected = np.load(GOLDEN / "encoder" / f"{name}_{kind}.npy")
            self.assertIn("resnet" if pooling is None else "vit", encoder.architecture)
            self.assertEqual((encoder.channels, encoder.dim), (images.shape[1], expected.shape[1]))
            self.assertGreaterEqual(encoder.block, 1)
            self.assertEqual(encoder.image_size, 0 if pooling is None else images.shape[2])
            self.assertEqual(encoder.published_size, 224 if pooling is None else images.shape[2])  # a 7x7 stem
            features = encoder.forward(images)
            self.assertLess(np.abs(features - expected).max() / expected.std(), 1e-4)
            out = np.empty_like(features)
            self.assertIs(encoder.forward(images, out=out), out)
            self.assertEqual(out.tobytes(), features.tobytes())

    def test_wrong_use(self):
        encoder = dlc.Encoder()
        self.assertIsNone(encoder.architecture)
        with self.assertRaisesRegex(TypeError, "^weights: a handle of dlc_safetensors is needed, not str"):
            encoder.load("model.safetensors")
        encoder.load(dlc.Safetensors(GOLDEN / "encoder" / "small.safetensors"))
        with self.assertRaisesRegex(ValueError, r"^images: an array of shape \(any, \d, any, any\) is needed"):
            encoder.forward(np.zeros((2, 7, 8, 8), F32))
        with self.assertRaisesRegex(dlc.DlcError, "DLC_ERROR_ARGUMENT"):
            encoder.forward(np.zeros((2, encoder.channels, 0, 8), F32))


class ModulesLeftOut(unittest.TestCase):
    def test_they_say_so(self):
        for kind, name in ((dlc.Images, "image"), (dlc.Encoder, "encoder")):
            if os.environ.get(f"WITH_{name.upper()}") == "0":
                with self.assertRaisesRegex(dlc.DlcError, f"no {name} module .DLC_ERROR_UNSUPPORTED"):
                    kind()
            else:
                kind()


if __name__ == "__main__":
    unittest.main()
