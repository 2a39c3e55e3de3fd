"""PyTorch on the other side of the callback: the examples against torch.nn.utils.prune; tensors as arguments."""

from __future__ import annotations

import sys
import traceback
import unittest
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from guide_tests import run_blocks  # noqa: E402
from support import TOP, dlc  # noqa: E402

sys.path.insert(0, str(TOP / "test" / "peer"))
import published  # noqa: E402
import torch_model  # noqa: E402
import torch_thresholds  # noqa: E402
from fashion import NEW, load  # noqa: E402

IMAGES, LABELS = load(NEW, per_class=40)


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.model = torch_model.load_model()
        cls.saved = {name: tensor.clone() for name, tensor in cls.model.state_dict().items()}
        cls.images = torch.from_numpy(IMAGES)
        cls.in_place = torch_model.score_samples(cls.model, cls.model.fc, cls.images, LABELS)

    def assertModelIsUntouched(self) -> None:
        for name, tensor in self.model.state_dict().items():
            self.assertTrue(torch.equal(tensor, self.saved[name]), name)

    def test_the_scores_are_those_of_torch_prune(self):
        curves = published.loss_curves(self.images, torch.from_numpy(LABELS))
        self.assertLess(np.abs(self.in_place.get_curves() - curves).max(), 1e-4)
        difference = np.abs(self.in_place.get_scores() - curves.mean(axis=0)).max()
        self.assertLess(difference, 1e-5)
        self.assertModelIsUntouched()

    def test_thresholds_give_the_same_scores(self):
        score = torch_thresholds.score_by_thresholds(self.model, self.model.fc, self.images, LABELS)
        self.assertEqual(score.get_curves().tobytes(), self.in_place.get_curves().tobytes())
        self.assertEqual(score.get_scores().tobytes(), self.in_place.get_scores().tobytes())
        self.assertModelIsUntouched()

    def test_an_exception_inside_the_module(self):
        calls = 0

        def fail_later(module, inputs):
            nonlocal calls
            calls += 1
            if calls == 5:
                raise RuntimeError("inside the second convolution")

        hook = self.model.layer1[0].conv2.register_forward_pre_hook(fail_later)
        try:
            torch_model.score_samples(self.model, self.model.fc, self.images, LABELS, batch=64)
            self.fail("nothing was raised")
        except RuntimeError as error:
            self.assertEqual(str(error), "inside the second convolution")
            self.assertEqual(traceback.extract_tb(error.__traceback__)[-1].name, "fail_later")
        finally:
            hook.remove()
        self.assertModelIsUntouched()


class Ties(unittest.TestCase):
    def test_the_example_settles_them_as_the_mask_does(self):
        """Weights of a few magnitudes only, in several tensors and dtypes."""
        generator = torch.Generator().manual_seed(1)
        for dtype in (torch.float32, torch.float64, torch.float16, torch.bfloat16):
            shapes = (30, 7), (5,), (4, 3, 9)
            weights = [torch.randint(-4, 5, shape, generator=generator).to(dtype) / 4 for shape in shapes]
            mask = dlc.Mask(schedule="list:0,0.1,0.25,0.4,0.5,0.7,0.9,1")
            for number, weight in enumerate(weights):
                mask.add_tensor(str(number), weight)
            mask.plan()
            for level in range(mask.level_count):
                threshold = mask.get_level(level).threshold
                for number, weight in enumerate(weights):
                    ours = torch_thresholds.masked(weight, threshold, mask.get_ties(level, number))
                    expected = torch.empty_like(weight)
                    mask.copy(level, number, expected)
                    self.assertTrue(torch.equal(ours, expected), (dtype, level, number))
                    self.assertEqual(np.count_nonzero(ours.double()), np.count_nonzero(expected.double()))


class Tensors(unittest.TestCase):
    def test_parameters_are_masked_in_place(self):
        for dtype, code in ((torch.float32, dlc.DTYPE_F32), (torch.float16, dlc.DTYPE_F16),
                            (torch.bfloat16, dlc.DTYPE_BF16), (torch.float64, dlc.DTYPE_F64)):
            parameter = nn.Parameter(torch.tensor([[3.0, -1, 2], [6, 5, -4]], dtype=dtype))
            saved = parameter.detach().clone()
            for data in (parameter, (parameter.data_ptr(), parameter.numel(), code)):
                mask = dlc.Mask(schedule="list:0.5")
                mask.add_tensor("w", data)
                mask.plan()
                with mask.applied(0):
                    self.assertEqual(parameter.tolist(), [[0, 0, 0], [6, 5, -4]])
                self.assertTrue(torch.equal(parameter, saved))

    def test_memory_is_kept_when_the_parameter_gets_another(self):
        parameter = nn.Parameter(torch.arange(1.0, 1001))
        mask = dlc.Mask(schedule="list:0.5")
        mask.add_tensor("w", parameter)
        parameter.data = torch.zeros(3)
        blocks = [torch.full((1000,), -1.0) for _ in range(100)]  # would take the memory if it were free
        mask.plan()
        mask.apply(0)
        self.assertEqual(mask.get_level(0).threshold, 500)
        self.assertEqual(parameter.tolist(), [0, 0, 0])
        self.assertTrue(all((block == -1).all() for block in blocks))

    def test_wrong_tensors(self):
        mask = dlc.Mask()
        for kind, text, tensor in (
            (TypeError, "^w: the tensor is not contiguous", torch.zeros(4, 6)[:, ::2]),
            (TypeError, "^w: the tensor is on meta", torch.zeros(3, device="meta")),
            (TypeError, "^w: tensors of torch.complex64 cannot be masked", torch.zeros(3, dtype=torch.complex64)),
            (dlc.DlcError, "dtype 5 of tensor 'w'", torch.zeros(3, dtype=torch.int64)),
        ):
            with self.subTest(text), self.assertRaisesRegex(kind, text):
                mask.add_tensor("w", tensor)
        with self.assertRaisesRegex(TypeError, "^labels: an array of int64 is needed, not of float32"):
            dlc.Score(torch.zeros(3))
        with self.assertRaisesRegex(TypeError, "^labels: the tensor is on meta"):
            dlc.Score(torch.zeros(3, dtype=torch.int64, device="meta"))

    def test_tensors_as_arrays(self):
        generator = torch.Generator().manual_seed(1)
        features = torch.randn(40, 20, generator=generator)
        labels = torch.arange(40) % 4
        results = []
        for convert in (lambda tensor: tensor, lambda tensor: tensor.numpy()):
            score = dlc.Score(convert(labels), width=16, levels=1)
            score.add_features(convert(features[:, :16]))  # rows apart
            score.finish_centroids()
            score.begin_level(0)
            score.observe(convert(features[:, :16]), samples=convert(torch.arange(40)))
            score.end_level()
            out = torch.empty(40)
            score.get_scores(out)
            results.append((out.tolist(), dlc.Flexrand(convert(labels), convert(out)).select_keep(0.5).tolist()))
        self.assertEqual(results[0], results[1])

    def test_responses_against_cross_entropy(self):
        generator = torch.Generator().manual_seed(1)
        logits = torch.randn(3, 9, 2000, generator=generator) * 4
        ids = torch.randint(0, 2000, (3, 9), generator=generator)
        mask = torch.randint(0, 2, (3, 9), generator=generator).bool()
        mask[:, 4] = True
        for dtype, code in ((torch.float32, dlc.DTYPE_F32), (torch.float16, dlc.DTYPE_F16),
                            (torch.bfloat16, dlc.DTYPE_BF16)):
            given = logits.to(dtype)
            response = dlc.Response(code, 2000)
            response.begin(3)
            response.add(given[:, :-1], ids[:, 1:], mask[:, 1:])
            wide, targets = given[:, :-1].double().flatten(0, 1), ids[:, 1:].flatten()
            losses = functional.cross_entropy(wide, targets, reduction="none").reshape(3, 8) * mask[:, 1:]
            expected = losses.sum(dim=1) / mask[:, 1:].sum(dim=1)
            self.assertLess(np.abs(response.get_losses() / expected.numpy() - 1).max(), 1e-5)


class Guide(unittest.TestCase):
    def test_all_blocks(self):
        run_blocks(with_torch=True)


if __name__ == "__main__":
    unittest.main()
