"""A data set in parts, through Python: class sums that travel, runs with an exchange; the results of the whole."""

import unittest

import numpy as np
from support import SCHEDULES, dlc, golden

FEATURES, LABELS = golden("a", "features"), golden("a", "labels")
SAMPLES, WIDTH = FEATURES.shape[1:]
PARTS = [(0, 90), (90, 91), (91, SAMPLES)]


def run_over(first: int, end: int, exchange=None) -> dlc.Score:
    """A run over samples first to end - 1, whose model looks the golden features up."""
    weights = np.arange(1, 101, dtype=np.float32)
    mask = dlc.Mask(schedule=SCHEDULES["a"])
    mask.add_tensor("w", weights)
    score = dlc.Score(LABELS[first:end].copy(), classes=7, range=first, width=WIDTH, keep_curves=True)

    def forward(level, at, rows, out):
        out[:] = FEATURES[max(level, 0), at:at + rows]

    dlc.Run(mask, score, forward, batch=37, exchange=exchange).execute()
    return score


def sums_of(first: int, end: int) -> np.ndarray:
    score = dlc.Score(LABELS[first:end].copy(), classes=7, range=first, width=WIDTH)
    score.add_features(FEATURES[0, first:end], first)
    return score.export_sums()


class Parts(unittest.TestCase):
    def test_sums_merge_in_any_order(self):
        whole = sums_of(0, SAMPLES)
        self.assertEqual((whole.dtype, whole.shape), (np.uint8, (48 + 7 * (8 + 44 * WIDTH),)))
        for order in ([0, 1, 2], [2, 0, 1], [1, 2, 0]):
            total = bytearray(sums_of(*PARTS[order[0]]))
            for part in order[1:]:
                dlc.Score.merge_sums(total, bytes(sums_of(*PARTS[part])))
            self.assertEqual(bytes(total), whole.tobytes())

    def test_scores_of_parts_are_those_of_the_whole(self):
        """With a loop of one's own."""
        whole = run_over(0, SAMPLES)
        total = sums_of(*PARTS[0])
        for part in PARTS[1:]:
            dlc.Score.merge_sums(total, sums_of(*part))
        scores = []
        for first, end in PARTS:
            score = dlc.Score(LABELS[first:end].copy(), classes=7, range=first, width=WIDTH, levels=len(FEATURES))
            self.assertEqual(score.sums_size(), len(total))
            score.add_features(FEATURES[0, first:end], first)
            score.import_sums(total.tobytes())
            score.finish_centroids()
            for level, features in enumerate(FEATURES):
                score.begin_level(level)
                score.observe(features[first:end], first)
                score.end_level()
            scores.append(score.get_scores())
        self.assertEqual(np.concatenate(scores).tobytes(), whole.get_scores().tobytes())

    def test_runs_with_an_exchange(self):
        whole = run_over(0, SAMPLES)
        sums = [sums_of(*part) for part in PARTS]
        seen = []

        def exchange(mine: np.ndarray) -> None:
            seen.append(mine.tobytes())
            for other in sums:
                if other.tobytes() != seen[-1]:
                    dlc.Score.merge_sums(mine, other)

        parts = [run_over(*part, exchange) for part in PARTS]
        self.assertEqual(seen, [part.tobytes() for part in sums])
        self.assertEqual(np.concatenate([part.get_scores() for part in parts]).tobytes(), whole.get_scores().tobytes())
        curves = np.concatenate([part.get_curves() for part in parts], axis=1)
        self.assertEqual(curves.tobytes(), whole.get_curves().tobytes())

    def test_errors(self):
        def fail(mine: np.ndarray) -> None:
            raise KeyError("network")

        with self.assertRaisesRegex(KeyError, "network"):
            run_over(0, SAMPLES, fail)
        with self.assertRaisesRegex(dlc.DlcError, "DLC_ERROR_FORMAT"):
            run_over(0, SAMPLES, lambda mine: mine.fill(0))
        sums = sums_of(0, SAMPLES)
        damaged = sums.copy()
        damaged[-1] ^= 1
        with self.assertRaisesRegex(dlc.DlcError, "DLC_ERROR_FORMAT"):
            dlc.Score.merge_sums(damaged, sums)
        with self.assertRaisesRegex(ValueError, r"^other: an array of shape \(\d+\) is needed, not \(3,\)"):
            dlc.Score.merge_sums(sums, b"abc")
        with self.assertRaisesRegex(TypeError, "^into: the array is read-only"):
            dlc.Score.merge_sums(sums.tobytes(), sums)
        with self.assertRaisesRegex(TypeError, "^sums: an array of uint8 is needed, not of float32"):
            dlc.Score().import_sums(np.zeros(3, np.float32))
        run = dlc.Run(exchange=fail)
        run.set_exchange(None)
        with self.assertRaisesRegex(dlc.DlcError, "no mask is set"):
            run.execute()


if __name__ == "__main__":
    unittest.main()
