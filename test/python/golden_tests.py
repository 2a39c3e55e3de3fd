"""The golden data through Python: curves, scores and subsets as the golden files have them, and bit for bit those of C.

C's results come from the dlc command, which is built on the same public functions.
"""

import json
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np
from support import BUILD, GOLDEN, GoldenRun, dlc, golden

CASES = ("a", "b")


def scored(case: str, observation: int, batch: int = 64, centroids: np.ndarray | None = None) -> dlc.Score:
    """The golden features, observed in a loop of our own."""
    features, labels = golden(case, "features"), golden(case, "labels")
    levels, samples, width = features.shape
    score = dlc.Score(labels, width=width, observation=observation, levels=levels, keep_curves=True)
    batches = range(0, samples, batch)
    if centroids is not None:
        score.set_centroids(centroids)
    else:
        for first in batches:
            score.add_features(features[0, first:first + batch], first)
        score.finish_centroids()
    for level in range(levels):
        score.begin_level(level)
        for first in batches:
            score.observe(features[level, first:first + batch], first)
        score.end_level()
    return score


class Golden(unittest.TestCase):
    def command(self, *arguments: object) -> None:
        subprocess.run([str(BUILD / "dlc"), *map(str, arguments)], check=True, capture_output=True)

    def assertBits(self, got: np.ndarray, expected: np.ndarray) -> None:
        self.assertEqual((got.dtype, got.shape), (expected.dtype, expected.shape))
        self.assertEqual(got.tobytes(), expected.tobytes())

    def assertNear(self, got: np.ndarray, expected: np.ndarray, tolerance: float) -> None:
        self.assertEqual(got.shape, expected.shape)
        self.assertLessEqual(np.abs(got - expected).max(), tolerance)

    def test_a_run_over_a_numpy_model(self):
        for case in CASES:
            with self.subTest(case):
                model = GoldenRun(case)
                scores = model.execute()
                self.assertNear(scores, golden(case, "score"), 2e-6)
                self.assertNear(model.score.get_curves(), golden(case, "loss_curves"), 5e-6)
                self.assertNear(model.score.get_centroids(), golden(case, "centroids"), 1e-6)
                self.assertTrue(model.weights_are_untouched())

    def test_the_plan(self):
        for case in CASES:
            model = GoldenRun(case)
            kept = golden(case, "kept")
            model.mask.plan()
            for level in range(model.mask.level_count):
                self.assertEqual(model.mask.get_level(level).kept, kept[level].sum())
                with model.mask.applied(level):
                    self.assertEqual([np.count_nonzero(model.w1), np.count_nonzero(model.w2)], kept[level].tolist())
                    copies = [model.mask.copy(level, tensor) for tensor in (0, 1)]
                    self.assertBits(copies[0], model.w1)
                    self.assertBits(copies[1], model.w2)
                self.assertTrue(model.weights_are_untouched())

    def test_scores_and_curves_are_those_of_c(self):
        names = {"loss": dlc.OBSERVE_LOSS, "correct": dlc.OBSERVE_CORRECT, "confidence": dlc.OBSERVE_CONFIDENCE,
                 "margin": dlc.OBSERVE_MARGIN}
        for case in CASES:
            for name, observation in names.items():
                with self.subTest(case, observe=name), tempfile.TemporaryDirectory() as work:
                    self.command("score", "--features", GOLDEN / case / "features.npy", "--labels",
                                 GOLDEN / case / "labels.npy", "--observe", name, "--out", f"{work}/scores.npy",
                                 "--curves", f"{work}/curves.npy")
                    score = scored(case, observation)
                    self.assertBits(score.get_scores(), np.load(f"{work}/scores.npy"))
                    self.assertBits(score.get_curves(), np.load(f"{work}/curves.npy"))

    def test_scores_and_curves_are_the_golden_ones(self):
        for case in CASES:
            score = scored(case, dlc.OBSERVE_LOSS)
            self.assertNear(score.get_scores(), golden(case, "score"), 1e-6)
            self.assertNear(score.get_curves(), golden(case, "loss_curves"), 2e-6)
            self.assertNear(score.get_centroids(), golden(case, "centroids"), 1e-6)
            correct = scored(case, dlc.OBSERVE_CORRECT)
            curves = golden(case, "correct_curves")
            self.assertTrue((correct.get_curves() == curves).all())
            self.assertTrue((correct.get_correct_counts() == curves.sum(axis=0)).all())
            self.assertEqual(correct.get_visited().tolist(), list(range(len(curves))))

    def test_batches_in_any_order_and_given_centroids(self):
        features, labels = golden("a", "features"), golden("a", "labels")
        levels, samples, width = features.shape
        expected = scored("a", dlc.OBSERVE_LOSS)
        shuffled = np.random.default_rng(1).permutation(samples)
        wide = np.zeros((samples, width + 3), np.float32)  # rows that are apart
        score = dlc.Score(labels, width=width, levels=levels, keep_curves=True)
        score.set_centroids(expected.get_centroids())
        for level in reversed(range(levels)):
            score.begin_level(level)
            wide[:, :width] = features[level, shuffled]
            for first in range(0, samples, 77):
                score.observe(wide[first:first + 77, :width], samples=shuffled[first:first + 77])
            score.end_level()
        self.assertBits(score.get_scores(), expected.get_scores())
        self.assertBits(score.get_curves(), expected.get_curves())

    def test_head_loss_without_labels(self):
        for case in CASES:
            losses = golden(case, "loss_curves").astype(np.float32)
            levels, samples = losses.shape
            score = dlc.Score(samples=samples, head=dlc.HEAD_LOSS, levels=levels)
            for level in range(levels):
                score.begin_level(level)
                score.observe(losses[level])
                score.end_level()
            self.assertNear(score.get_scores(), losses.mean(axis=0, dtype=np.float64), 1e-6)

    def test_head_logits(self):
        logits = np.random.default_rng(1).standard_normal((2, 5, 3)).astype(np.float32)
        labels = np.array([0, 1, 2, 1, 0])
        score = dlc.Score(labels, head=dlc.HEAD_LOGITS, levels=2)
        self.assertEqual((score.head, score.width, score.class_count, score.sample_count), (dlc.HEAD_LOGITS, 3, 3, 5))
        for level in range(2):
            score.begin_level(level)
            score.observe(logits[level])
            score.end_level()
        wide = logits.astype(np.float64)
        losses = np.log(np.exp(wide).sum(axis=2)) - wide[:, np.arange(5), labels]
        self.assertNear(score.get_scores(), losses.mean(axis=0), 1e-6)

    def test_published_subsets(self):
        for case in CASES:
            labels, scores = golden(case, "labels"), golden(case, "score").astype(np.float32)
            flexrand = dlc.Flexrand(labels, scores, budget=dlc.BUDGET_PAPER, rng=dlc.RNG_NUMPY)
            subsets = json.loads((GOLDEN / case / "golden.json").read_text())["subsets"]
            self.assertGreater(len(subsets), 50)
            for name, expected in subsets.items():
                gamma, keep, seed = re.fullmatch("gamma(.*)_keep(.*)_seed(.*)", name).groups()
                flexrand.set_gamma(float(gamma))
                flexrand.set_seed(int(seed))
                with self.subTest(case, name=name):
                    self.assertEqual(flexrand.select_keep(float(keep)).tolist(), sorted(expected))
                    self.assertEqual(flexrand.get_selection(dlc.ORDER_PICK).tolist(), expected)

    def test_subsets_are_those_of_c(self):
        methods = {"flexrand": dlc.METHOD_FLEXRAND, "easy": dlc.METHOD_EASY, "hard": dlc.METHOD_HARD,
                   "random": dlc.METHOD_RANDOM}
        orders = {"index": dlc.ORDER_INDEX, "pick": dlc.ORDER_PICK}
        for case in CASES:
            labels, scores = golden(case, "labels"), golden(case, "score").astype(np.float32)
            flexrand = dlc.Flexrand(labels, scores, floor=1, seed=7, gamma=0.3)
            for method, code in methods.items():
                flexrand.set_method(code)
                for order in orders:
                    with self.subTest(case, method=method, order=order), tempfile.TemporaryDirectory() as work:
                        self.command("select", "--scores", GOLDEN / case / "score.npy", "--labels",
                                     GOLDEN / case / "labels.npy", "--count", 91, "--method", method, "--floor", 1,
                                     "--seed", 7, "--gamma", 0.3, "--order", order, "--out", f"{work}/pick.npy")
                        expected = np.load(f"{work}/pick.npy")
                        self.assertEqual(flexrand.select_count(91).tolist(), sorted(expected.tolist()))
                        self.assertEqual(flexrand.get_selection(orders[order]).tolist(), expected.tolist())

    def test_intervals_and_ids(self):
        labels, scores = golden("a", "labels"), golden("a", "score").astype(np.float32)
        ids = np.arange(len(labels))[::-1].copy()
        flexrand = dlc.Flexrand(labels, scores, ids)
        self.assertEqual(flexrand.selected_count, -1)
        kept = flexrand.select_keep(0.4)
        self.assertEqual(flexrand.selected_count, len(kept))
        intervals = np.full(len(kept), -1, np.int32)
        flexrand.get_selection(intervals=intervals)
        for label in np.unique(labels):
            members = np.flatnonzero(labels == label)
            ranked = members[np.lexsort((ids[members], scores[members]))]
            easy = set(ranked[:round(0.5 * len(ranked))].tolist())
            for index, interval in zip(kept, intervals):
                if labels[index] == label:
                    self.assertEqual(interval, dlc.INTERVAL_EASY if index in easy else dlc.INTERVAL_HARD)
        # With ids the subset does not depend on the order of the samples.
        backwards = dlc.Flexrand(labels[::-1].copy(), scores[::-1].copy(), ids[::-1].copy()).select_keep(0.4)
        self.assertEqual(sorted(ids[::-1][backwards].tolist()), sorted(ids[kept].tolist()))

    def test_automatic_levels(self):
        model = GoldenRun("a")
        full = model.execute()
        model.run.set_auto(0.99)
        scores = model.execute()
        rounds = [model.run.get_round(index) for index in range(model.run.round_count)]
        self.assertEqual([r.visited for r in rounds], [2, 3, 5, 9, 17, 33, 50][:len(rounds)])
        self.assertTrue(np.isnan(rounds[0].spearman))
        self.assertGreaterEqual(rounds[-1].spearman, 0.99)
        self.assertEqual(model.score.visited_count, rounds[-1].visited)
        self.assertEqual(model.score.get_curves().shape, (rounds[-1].visited, len(full)))
        self.assertBits(model.score.get_estimate(), scores)
        self.assertLess(rounds[-1].visited, 50)
        self.assertGreater(np.corrcoef(scores, full)[0, 1], 0.99)


if __name__ == "__main__":
    unittest.main()
