"""Losses of response tokens through Python, against a softmax in double in NumPy; logits wherever they lie."""

import unittest

import numpy as np
from support import dlc

ROWS, TOKENS, VOCABULARY = 5, 7, 1000
RANDOM = np.random.default_rng(1)
LOGITS = RANDOM.normal(0, 5, (ROWS, TOKENS, VOCABULARY)).astype(np.float32)
IDS = RANDOM.integers(0, VOCABULARY, (ROWS, TOKENS))
MASK = RANDOM.integers(0, 2, (ROWS, TOKENS), np.uint8)
MASK[:, 3] = 1


def expected(logits: np.ndarray, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
    wide = logits.astype(np.float64)
    top = wide.max(axis=2, keepdims=True)
    log_sum = np.log(np.exp(wide - top).sum(axis=2)) + top[:, :, 0]
    losses = log_sum - np.take_along_axis(wide, ids[:, :, None], axis=2)[:, :, 0]
    return (losses * mask).sum(axis=1) / mask.sum(axis=1)


def bfloat16(values: np.ndarray) -> np.ndarray:
    return (values.view(np.uint32) >> 16).astype(np.uint16)


class Responses(unittest.TestCase):
    def assertNear(self, got: np.ndarray, wanted: np.ndarray) -> None:
        self.assertEqual((got.dtype, got.shape), (np.float32, wanted.shape))
        self.assertLess(np.abs(got / wanted - 1).max(), 1e-5)

    def test_dtypes(self):
        halves, bits = LOGITS.astype(np.float16), bfloat16(LOGITS)
        cut = (bits.astype(np.uint32) << 16).view(np.float32)
        for dtype, logits, values in ((dlc.DTYPE_F32, LOGITS, LOGITS), (dlc.DTYPE_F16, halves, halves),
                                      (dlc.DTYPE_BF16, bits, cut)):
            response = dlc.Response(dtype, VOCABULARY, threads=2)
            response.begin(ROWS)
            response.add(logits, IDS, MASK)
            counts = np.zeros(ROWS, np.int64)
            losses = response.get_losses(tokens=counts)
            self.assertNear(losses, expected(values, IDS, MASK))
            self.assertEqual(counts.tolist(), MASK.sum(axis=1).tolist())

    def test_the_usual_shift_is_a_matter_of_slices(self):
        response = dlc.Response(dlc.DTYPE_F32, VOCABULARY)
        response.begin(ROWS)
        response.add(LOGITS[:, :-1], IDS[:, 1:], MASK[:, 1:].astype(bool))
        out = np.empty(ROWS, np.float32)
        self.assertIs(response.get_losses(out), out)
        self.assertNear(out, expected(LOGITS[:, :-1], IDS[:, 1:], MASK[:, 1:]))
        with self.subTest("tokens outside, a padded vocabulary, and pieces"):
            padded = np.full((TOKENS, ROWS, VOCABULARY + 24), np.nan, np.float32)
            padded[:, :, :VOCABULARY] = LOGITS.transpose(1, 0, 2)
            response.begin(ROWS)
            for first, rows in ((0, 2), (2, 3)):
                for start, end in ((0, 3), (3, TOKENS - 1)):
                    response.add(padded.transpose(1, 0, 2)[first:first + rows, start:end],
                                 IDS[first:first + rows, start + 1:end + 1],
                                 MASK[first:first + rows, start + 1:end + 1], first)
            self.assertEqual(response.get_losses().tobytes(), out.tobytes())

    def test_without_a_mask(self):
        targets = np.where(MASK == 1, IDS, dlc.RESPONSE_IGNORE)
        response = dlc.Response(dlc.DTYPE_F32, VOCABULARY)
        response.begin(ROWS)
        response.add(LOGITS, targets)
        self.assertNear(response.get_losses(), expected(LOGITS, IDS, MASK))

    def test_empty_responses(self):
        mask = MASK.copy()
        mask[2] = 0
        response = dlc.Response(dlc.DTYPE_F32, VOCABULARY)
        response.begin(ROWS)
        response.add(LOGITS, IDS, mask)
        with self.assertRaisesRegex(dlc.DlcError, "row 2.*DLC_ERROR_DATA"):
            response.get_losses()
        response.set_empty(dlc.EMPTY_ZERO)
        self.assertEqual(response.get_losses()[2], 0)

    def test_wrong_use(self):
        response = dlc.Response(dlc.DTYPE_F32, VOCABULARY)
        response.begin(ROWS)
        long = np.zeros((ROWS, TOKENS, VOCABULARY), np.float64)
        for kind, text, work in (
            (TypeError, "^logits: an array of float32 is needed, not of float64", lambda: response.add(long, IDS)),
            (ValueError, r"^logits: an array of shape \(any, any, 1000\) is needed, not \(5, 7, 999\)",
             lambda: response.add(LOGITS[:, :, 1:], IDS)),
            (ValueError, r"^logits: an array of shape .* not \(5, 1000\)", lambda: response.add(LOGITS[:, 0], IDS)),
            (TypeError, "^logits: the logits of a token are not contiguous",
             lambda: response.add(np.repeat(LOGITS, 2, axis=2)[:, :, ::2], IDS)),
            (ValueError, r"^targets: an array of shape \(5, 7\) is needed, not \(5, 6\)",
             lambda: response.add(LOGITS, IDS[:, 1:])),
            (TypeError, "^targets: an array of int64 is needed, not of int32",
             lambda: response.add(LOGITS, IDS.astype(np.int32))),
            (TypeError, "^mask: an array of uint8 is needed, not of int64",
             lambda: response.add(LOGITS, IDS, MASK.astype(np.int64))),
            (dlc.DlcError, "DLC_ERROR_ARGUMENT", lambda: response.add(LOGITS, IDS, MASK, 1)),
            (dlc.DlcError, "row 0.*token 0|token 0.*row 0", lambda: response.add(LOGITS, IDS + VOCABULARY, MASK | 1)),
            (ValueError, r"^tokens: an array of shape \(5\)",
             lambda: response.get_losses(tokens=np.zeros(4, np.int64))),
            (dlc.DlcError, "DLC_ERROR_STATE", lambda: dlc.Response().add(LOGITS, IDS)),
            (dlc.DlcError, "DLC_ERROR_ARGUMENT", lambda: dlc.Response(dlc.DTYPE_I64, 5)),
            (TypeError, "^vocabulary: an integer is needed, not NoneType", lambda: dlc.Response(dlc.DTYPE_F32)),
        ):
            with self.subTest(text), self.assertRaisesRegex(kind, text):
                work()

    def test_as_the_model_of_a_run(self):
        """Head loss: the losses go straight into the run's output."""
        weights = np.arange(1, 11, dtype=np.float32)
        response = dlc.Response(dlc.DTYPE_F32, VOCABULARY)
        mask = dlc.Mask(schedule="list:0,0.5")
        mask.add_tensor("w", weights)
        score = dlc.Score(samples=ROWS, head=dlc.HEAD_LOSS)

        def forward(level, first, rows, out):
            response.begin(rows)
            response.add(LOGITS[first:first + rows] * weights[1], IDS[first:first + rows], MASK[first:first + rows])
            response.get_losses(out[:, 0])

        dlc.Run(mask, score, forward, batch=2).execute()
        uniform = np.log(VOCABULARY)  # half of the weights masked: all logits 0
        scores = score.get_scores()
        self.assertNear(scores, (expected(LOGITS * 2, IDS, MASK) + uniform) / 2)
        kept = dlc.Flexrand(None, scores).select_count(2)  # no labels: one group
        self.assertEqual(len(kept), 2)


if __name__ == "__main__":
    unittest.main()
