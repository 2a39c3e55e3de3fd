"""Wrong use gives a Python exception that names the thing; right use of every setting does what the headers say."""

import ctypes
import pickle
import unittest

import numpy as np
from support import GoldenRun, dlc

F32, F64, I32, I64 = np.float32, np.float64, np.int32, np.int64
LABELS = np.array([0, 1, 0, 1])


def read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


def unaligned(count: int) -> np.ndarray:
    return np.zeros(4 * count + 1, np.uint8)[1:].view(F32)


def planned() -> dlc.Mask:
    mask = dlc.Mask(schedule="list:0,0.5")
    mask.add_tensor("w", np.arange(1, 9, dtype=F32).reshape(2, 4))
    mask.plan()
    return mask


def score_at_level(width: int = 3) -> dlc.Score:
    score = dlc.Score(LABELS, width=width, levels=1)
    score.set_centroids(np.zeros((2, width), F32))
    score.begin_level(0)
    return score


class WrongUse(unittest.TestCase):
    def check(self, cases: dict) -> None:
        for (kind, text), work in cases.items():
            with self.subTest(text), self.assertRaisesRegex(kind, text):
                work()

    def test_weights(self):
        mask = dlc.Mask()
        mask.add_tensor("taken", np.zeros(4, F32))
        self.check({
            (dlc.DlcError, "dtype 5 of tensor 'w'"): lambda: mask.add_tensor("w", np.zeros(4, I64)),
            (TypeError, "^w: arrays of uint16 cannot"): lambda: mask.add_tensor("w", np.zeros(4, np.uint16)),
            (TypeError, "^w: an array of float64 does not hold bfloat16"):
                lambda: mask.add_tensor("w", np.zeros(4), dtype=dlc.DTYPE_BF16),
            (TypeError, "^w: the array is not C-contiguous"): lambda: mask.add_tensor("w", np.zeros((4, 4), F32).T[:3]),
            (TypeError, "^w: the array is read-only"): lambda: mask.add_tensor("w", read_only(np.zeros(4, F32))),
            (TypeError, "^w: an array, a tensor or .* is needed, not list"): lambda: mask.add_tensor("w", [1.0, 2.0]),
            (TypeError, "^name: text is needed, not int"): lambda: mask.add_tensor(7, np.zeros(4, F32)),
            (ValueError, "^name: a zero byte in 'w"): lambda: mask.add_tensor("w\0", np.zeros(4, F32)),
            (dlc.DlcError, "'taken'.*DLC_ERROR_ARGUMENT"): lambda: mask.add_tensor("taken", np.zeros(4, F32)),
            (dlc.DlcError, "dtype 7 of tensor 'w'"): lambda: mask.add_tensor("w", (0, 0, dlc.DTYPE_U8)),
        })
        self.assertEqual(mask.tensor_count, 1)

    def test_mask(self):
        mask = planned()
        self.check({
            (TypeError, "^seed: an integer is needed, not float"): lambda: dlc.Mask(seed=1.5),
            (OverflowError, "^seed: -1 is not in 0 to 18446744073709551615"): lambda: dlc.Mask(seed=-1),
            (OverflowError, "^threads: 4294967297 is not in"): lambda: dlc.Mask(threads=2**32 + 1),
            (TypeError, "^amount: a number is needed, not str"): lambda: dlc.Mask().set_geometric("0.5", 3),
            (TypeError, "^shares: an array of float64 is needed, not of float32"):
                lambda: dlc.Mask().set_list(np.zeros(3, F32)),
            (ValueError, r"^shares: an array of shape \(any\) is needed, not \(1, 3\)"):
                lambda: dlc.Mask().set_list(np.zeros((1, 3))),
            (dlc.DlcError, "nonsense"): lambda: dlc.Mask(schedule="nonsense"),
            (dlc.DlcError, "DLC_ERROR_STATE"): lambda: mask.set_seed(2),
            (dlc.DlcError, "level 2"): lambda: mask.apply(2),
            (dlc.DlcError, "level 7"): lambda: mask.get_level(7),
            (dlc.DlcError, "tensor 1"): lambda: mask.get_ties(0, 1),
            (IndexError, "^tensor: 1 is not one of 1"): lambda: mask.copy(0, 1),
            (ValueError, "^out: 4 elements of float32 cannot hold tensor 0: 8 of float32"):
                lambda: mask.copy(0, 0, np.zeros(4, F32)),
            (TypeError, "^out: an array of float64 does not hold float32"): lambda: mask.copy(0, 0, np.zeros(8)),
        })

    def test_samples(self):
        self.check({
            (TypeError, "^labels: an array of int64 is needed, not of int32"): lambda: dlc.Score(LABELS.astype(I32)),
            (TypeError, "^labels: the array is not C-contiguous"): lambda: dlc.Score(np.zeros(8, I64)[::2]),
            (TypeError, "^labels: an array is needed, not str"): lambda: dlc.Score("0101"),
            (ValueError, r"^labels: an array of shape \(any\) is needed, not \(2, 2\)"):
                lambda: dlc.Score(LABELS.reshape(2, 2)),
            (TypeError, "^samples: their number is needed"): lambda: dlc.Score().set_samples(),
            (dlc.DlcError, "label.*sample 1.*DLC_ERROR_DATA"): lambda: dlc.Score(LABELS, 1),
            (TypeError, "^width: HEAD_CENTROID needs"): lambda: dlc.Score(LABELS, head=dlc.HEAD_CENTROID),
            (dlc.DlcError, "DLC_ERROR_ARGUMENT"): lambda: dlc.Score(LABELS, head=9, width=1),
        })

    def test_batches(self):
        score = score_at_level()
        good = np.zeros((4, 3), F32)
        self.check({
            (TypeError, "^rows: an array of float32 is needed, not of float64"):
                lambda: score.observe(np.zeros((4, 3))),
            (ValueError, r"^rows: an array of shape \(any, 3\) is needed, not \(4, 2\)"):
                lambda: score.observe(np.zeros((4, 2), F32)),
            (ValueError, r"^rows: an array of shape \(any, 3\) is needed, not \(12,\)"):
                lambda: score.observe(np.zeros(12, F32)),
            (TypeError, "^rows: the array is not C-contiguous"): lambda: score.observe(np.zeros((3, 4), F32).T),
            (TypeError, "^rows: the array is not aligned"): lambda: score.observe(unaligned(12).reshape(4, 3)),
            (TypeError, "^samples: an array of int64 is needed, not of float64"):
                lambda: score.observe(good, samples=np.zeros(4)),
            (ValueError, r"^samples: an array of shape \(4\) is needed, not \(3,\)"):
                lambda: score.observe(good, samples=[0, 1, 2]),
            (dlc.DlcError, "not within samples 0 to 3"): lambda: score.observe(good, first=1),
            (dlc.DlcError, "stride"): lambda: score.observe(np.broadcast_to(good[:1], (4, 3))),
            (dlc.DlcError, "stride"): lambda: score.observe(good[::-1]),
            (dlc.DlcError, "DLC_ERROR_DATA"): lambda: score.observe(np.full((4, 3), np.nan, F32)),
            (TypeError, "^features: an array of float32"): lambda: score.add_features(np.zeros((4, 3))),
            (ValueError, r"^centroids: an array of shape \(2, 3\)"): lambda: score.set_centroids(np.zeros((3, 2), F32)),
            (ValueError, r"^out: an array of shape \(4\) is needed, not \(3,\)"):
                lambda: score.get_scores(np.zeros(3, F32)),
            (TypeError, "^out: the array is read-only"): lambda: score.get_scores(read_only(np.zeros(4, F32))),
            (dlc.DlcError, "DLC_ERROR_STATE"): lambda: score.get_scores(),
        })

    def test_run(self):
        model = GoldenRun("b", "list:0,0.5")
        self.check({
            (dlc.DlcError, "no mask is set.*DLC_ERROR_STATE"): lambda: dlc.Run().execute(),
            (TypeError, "^mask: a handle of dlc_mask is needed, not Score"): lambda: dlc.Run(model.score),
            (TypeError, "^score: a handle of dlc_score is needed, not int"): lambda: dlc.Run(model.mask, 7),
            (dlc.DlcError, "0 rows"): lambda: model.run.set_batch(0),
            (dlc.DlcError, "-5 bytes"): lambda: model.run.set_memory_limit(-5),
            (dlc.DlcError, "correlation of 2"): lambda: model.run.set_auto(2),
            (dlc.DlcError, "round 0"): lambda: model.run.get_round(0),
        })
        model.run.set_memory_limit(100)
        with self.assertRaises(dlc.DlcError) as caught:
            model.execute()
        self.assertEqual(caught.exception.status, dlc.ERROR_LIMIT)
        model.run.set_memory_limit(0)
        model.execute()
        model.mask.apply(1)
        with self.assertRaisesRegex(dlc.DlcError, "level 1 of the mask is applied"):
            model.execute()

    def test_flexrand(self):
        scores = np.arange(4, dtype=F32)
        flexrand = dlc.Flexrand(LABELS, scores)
        self.check({
            (ValueError, r"^scores: an array of shape \(4\) is needed, not \(3,\)"):
                lambda: dlc.Flexrand(LABELS, scores[:3]),
            (TypeError, "^scores: an array of float32 is needed, not of float64"):
                lambda: dlc.Flexrand(LABELS, scores.astype(F64)),
            (TypeError, "^scores: an array is needed, not NoneType"): lambda: dlc.Flexrand(LABELS),
            (ValueError, r"^ids: an array of shape \(4\)"): lambda: dlc.Flexrand(LABELS, scores, [1, 2]),
            (dlc.DlcError, "id 5"): lambda: dlc.Flexrand(LABELS, scores, [5, 5, 6, 7]),
            (dlc.DlcError, "gamma|split"): lambda: flexrand.set_gamma(1.0),
            (dlc.DlcError, "keep"): lambda: flexrand.select_keep(1.5),
            (dlc.DlcError, "DLC_ERROR_STATE"): lambda: dlc.Flexrand().select_count(1),
            (dlc.DlcError, "DLC_ERROR_STATE|selection"): lambda: flexrand.get_selection(),
        })
        flexrand.select_count(2)
        with self.assertRaisesRegex(ValueError, r"^intervals: an array of shape \(2\) is needed, not \(4,\)"):
            flexrand.get_selection(intervals=np.zeros(4, I32))
        with self.assertRaisesRegex(TypeError, "^intervals: an array of int32 is needed, not of int64"):
            flexrand.get_selection(intervals=np.zeros(2, I64))

    def test_closed_handles(self):
        mask = planned()
        mask.close()
        model = GoldenRun("b", "list:0,0.5")
        model.run.close()
        self.check({
            (ValueError, "^this Mask is closed"): lambda: mask.apply(0),
            (ValueError, "^this Mask is closed$"): lambda: dlc.Run(mask),
            (ValueError, "^this Run is closed$"): lambda: model.run.execute(),
            (ValueError, "^this Run is closed"): lambda: model.run.cancel(),
        })
        model.mask.restore()
        allocator = dlc.Allocator(*LIBC_ALLOCATOR)
        allocator.close()
        with self.assertRaisesRegex(ValueError, "^this Allocator is closed"):
            dlc.Mask(allocator=allocator)

    def test_plain_functions(self):
        mask = planned()
        self.check({
            (TypeError, r"^dlc_mask_apply\(\) takes 2 arguments, not 1"): lambda: dlc.library.dlc_mask_apply(mask),
            (TypeError, "^level: an integer is needed, not NoneType"): lambda: dlc.library.dlc_mask_apply(mask, None),
            (dlc.DlcError, "DLC_ERROR_ARGUMENT"): lambda: dlc.library.dlc_mask_apply(None, 0),
            (TypeError, "^mask: a handle of dlc_mask is needed, not Run"):
                lambda: dlc.library.dlc_mask_apply(dlc.Run(), 0),
            (dlc.DlcError, "DLC_ERROR_ARGUMENT"): lambda: dlc.library.dlc_mask_get_ties(mask, 0, 0, None),
        })

    def test_an_error_is_whole(self):
        with self.assertRaises(dlc.DlcError) as caught:
            dlc.Mask(schedule="nonsense")
        error = caught.exception
        self.assertEqual((error.status, error.name), (dlc.ERROR_ARGUMENT, "DLC_ERROR_ARGUMENT"))
        self.assertIn("nonsense", error.message)
        self.assertEqual(str(error), f"{error.message} (DLC_ERROR_ARGUMENT)")
        copy = pickle.loads(pickle.dumps(error))
        self.assertEqual((copy.status, copy.name, str(copy)), (error.status, error.name, str(error)))


libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
LIBC_ALLOCATOR = libc.malloc, libc.free


class RightUse(unittest.TestCase):
    def test_base(self):
        self.assertRegex(dlc.version_string(), r"^\d+\.\d+\.\d+$")
        parts = [int(part) for part in dlc.version_string().split(".")]
        self.assertEqual(dlc.version_number(), parts[0] * 10000 + parts[1] * 100 + parts[2])
        self.assertEqual(dlc.status_name(dlc.ERROR_LIMIT), "DLC_ERROR_LIMIT")
        self.assertTrue(dlc.status_text(dlc.ERROR_LIMIT))
        names = {dlc.DTYPE_F32: "float32", dlc.DTYPE_BF16: "bfloat16", dlc.DTYPE_U8: "uint8"}
        self.assertEqual({code: dlc.dtype_name(code) for code in names}, names)
        self.assertEqual([dlc.dtype_size(code) for code in names], [4, 2, 1])

    def test_schedules(self):
        weights = np.arange(1, 101, dtype=F32)
        for set_up, kept in (
            (lambda mask: mask.set_geometric(0.5, 3), [100, 50, 25]),
            (lambda mask: mask.set_linear(0, 1, 3), [100, 50, 0]),
            (lambda mask: mask.set_list([0.1, 0.9]), [90, 10]),
            (lambda mask: mask.set_list(np.array([0.25])), [75]),
            (lambda mask: mask.set_schedule("list:0,0.2"), [100, 80]),
        ):
            mask = dlc.Mask(threads=2)
            mask.add_tensor("w", weights)
            set_up(mask)
            self.assertEqual((mask.level_count, mask.weight_count), (len(kept), 100))
            self.assertGreater(mask.memory_estimate(), 0)
            mask.plan()
            levels = [mask.get_level(level) for level in range(mask.level_count)]
            self.assertEqual([level.kept for level in levels], kept)
            self.assertEqual([level.capacity for level in levels], [count / 100 for count in kept])
            self.assertEqual([level.threshold for level in levels], [100 - count for count in kept])

    def test_weights_of_all_dtypes(self):
        """bfloat16 as its bits; one threshold over all."""
        arrays = {
            "f16": (np.array([1, -5, 3], np.float16), None),
            "f32": (np.array([[2, 6], [-4, 1]], F32), None),
            "f64": (np.array([0.5, -7.0]), None),
            "bf16": ((np.array([2.5, -0.25], F32).view(np.uint32) >> 16).astype(np.uint16), dlc.DTYPE_BF16),
            "guarded": (np.array([0.1], F32), None),
        }
        saved = {name: array.tobytes() for name, (array, _) in arrays.items()}
        mask = dlc.Mask(schedule="list:0.5")
        for name, (array, dtype) in arrays.items():
            mask.add_tensor(name, array, dtype=dtype, maskable=name != "guarded")
        self.assertEqual((mask.tensor_count, mask.weight_count, mask.current_level), (5, 11, -1))
        mask.plan()
        # 0.25 0.5 1 1 2 2.5 | 3 4 5 6 7: round(5.5) is 6
        self.assertEqual(mask.get_level(0).threshold, 2.5)
        self.assertEqual([mask.get_ties(0, tensor) for tensor in range(5)], [0, 0, 0, 1, 0])
        with mask.applied(0):
            self.assertEqual(mask.current_level, 0)
            self.assertEqual(arrays["f16"][0].tolist(), [0, -5, 3])
            self.assertEqual(arrays["f32"][0].tolist(), [[0, 6], [-4, 0]])
            self.assertEqual(arrays["f64"][0].tolist(), [0, -7])
            self.assertEqual(arrays["bf16"][0].tolist(), [0, 0])
            self.assertEqual(arrays["guarded"][0].tobytes(), saved["guarded"])
            for tensor, (array, _) in enumerate(arrays.values()):
                copy = mask.copy(0, tensor)
                self.assertEqual((copy.dtype, copy.shape, copy.tobytes()), (array.dtype, array.shape, array.tobytes()))
        self.assertEqual({name: array.tobytes() for name, (array, _) in arrays.items()}, saved)
        out = np.empty((2, 2), F32)
        self.assertIs(mask.copy(0, 1, out), out)
        self.assertEqual(out.tolist(), [[0, 6], [-4, 0]])

    def test_criterion_random(self):
        masked = []
        for seed in (1, 1, 2):
            weights = np.ones(1000, F32)
            mask = dlc.Mask(schedule="list:0.3", criterion=dlc.CRITERION_RANDOM, seed=seed)
            mask.add_tensor("w", weights)
            mask.plan()
            mask.apply(0)
            masked.append(weights.tobytes())
            self.assertEqual(np.count_nonzero(weights), 700)
            self.assertTrue(np.isnan(mask.get_level(0).threshold))
        self.assertEqual(masked[0], masked[1])
        self.assertNotEqual(masked[0], masked[2])

    def test_integers_of_numpy_and_lists(self):
        score = dlc.Score([0, 1, 1], classes=np.int64(3), width=np.int32(2), levels=np.uint8(1), keep_curves=True,
                          threads=2)
        self.assertEqual((score.class_count, score.width), (3, 2))
        self.assertFalse(score.has_centroids)
        score.set_samples((0, 1, 0))
        self.assertEqual((score.sample_count, score.class_count), (3, 2))
        score.add_features([[0, 0], [1, 1], [0, 2]])
        score.finish_centroids()
        self.assertTrue(score.has_centroids)
        self.assertEqual(score.get_centroids().tolist(), [[0, 1], [1, 1]])
        self.assertGreater(score.memory_estimate(), 0)
        score.reset()
        self.assertFalse(score.has_centroids)

    def test_lists_for_plain_functions(self):
        """The arrays made of them live as long as the call."""
        labels, scores = [number % 7 for number in range(1000)], [float(number * 7919 % 1000) for number in range(1000)]
        expected = dlc.Flexrand(labels, scores).select_keep(0.3)
        flexrand = dlc.Flexrand()
        for _ in range(10):
            dlc.library.dlc_flexrand_set_samples(flexrand, 1000, labels, scores, None)
            self.assertEqual(flexrand.select_keep(0.3).tolist(), expected.tolist())

    def test_closing_levels_early(self):
        score = dlc.Score(samples=2, head=dlc.HEAD_LOSS, levels=5, keep_curves=True)
        for level, losses in ((0, [1, 2]), (4, [3, 8])):
            score.begin_level(level)
            score.observe(np.array(losses, F32))
            score.end_level()
        self.assertEqual(score.get_estimate().tolist(), [2, 5])
        score.close_levels()
        out = np.zeros(2, F32)
        self.assertIs(score.get_scores(out), out)
        self.assertEqual(out.tolist(), [2, 5])
        self.assertEqual(score.get_visited().tolist(), [0, 4])
        self.assertEqual(score.get_curves().tolist(), [[1, 2], [3, 8]])

    def test_the_caller_s_memory_is_used(self):
        """Unaligned and strided where that is allowed, never a copy."""
        weights = unaligned(6)
        weights[:] = [3, 1, 2, 6, 5, 4]
        mask = dlc.Mask(schedule="list:0.5")
        mask.add_tensor("w", weights)
        mask.plan()
        mask.apply(0)
        self.assertEqual(weights.tolist(), [0, 0, 0, 6, 5, 4])
        mask.restore()
        score = dlc.Score(samples=3, head=dlc.HEAD_LOSS, levels=1)
        score.begin_level(0)
        score.observe(np.arange(6, dtype=F32)[::2])
        score.end_level()
        self.assertEqual(score.get_scores().tolist(), [0, 2, 4])

    def test_memory_estimates_and_plain_c_allocator(self):
        """malloc() and free() themselves as the allocator's functions."""
        model = GoldenRun("b", "list:0,0.5", dlc.Allocator(*LIBC_ALLOCATOR))
        self.assertGreater(model.run.memory_estimate(), 1000)
        model.execute()


if __name__ == "__main__":
    unittest.main()
