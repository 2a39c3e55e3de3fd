"""Objects go in any order, and nothing grows: 1000 runs, every order of deletion and of close(), cycles, exit."""

import ctypes
import gc
import itertools
import os
import subprocess
import sys
import tracemalloc
import unittest
import weakref
from pathlib import Path

import numpy as np
from support import GOLDEN, CountingAllocator, GoldenRun, dlc, golden, needs_encoder, resident_bytes

SHORT = "geometric:0.2x4"
ARRAYS = {name: golden("b", name) for name in ("x", "w1", "w2", "labels")}


def scored_run(allocator: dlc.Allocator | None = None) -> bytes:
    """A whole job whose model is a plain function: the objects form no cycle."""
    x, labels = ARRAYS["x"], ARRAYS["labels"]
    w1, w2 = ARRAYS["w1"].copy(), ARRAYS["w2"].copy()

    def forward(level, first, rows, out):
        out[:] = np.maximum(x[first:first + rows] @ w1.T, 0) @ w2.T

    mask = dlc.Mask(schedule=SHORT, allocator=allocator)
    mask.add_tensor("w1", w1)
    mask.add_tensor("w2", w2)
    score = dlc.Score(labels, width=len(w2), keep_curves=True, allocator=allocator)
    dlc.Run(mask, score, forward, progress=lambda *_: None, allocator=allocator).execute()
    return dlc.Flexrand(labels, score.get_scores(), allocator=allocator).select_keep(0.5).tobytes()


@unittest.skipIf("DLC_TEST_SHORT" in os.environ, "a sanitizer keeps freed memory, to see it used")
class Growth(unittest.TestCase):
    def test_1000_runs(self):
        """Without the collector: what is left in a cycle would be seen."""
        expected = scored_run()
        gc.collect()
        gc.disable()
        try:
            for _ in range(200):
                scored_run()
            before = resident_bytes()
            for _ in range(1000):
                self.assertEqual(scored_run(), expected)
            growth = resident_bytes() - before
        finally:
            gc.enable()
        self.assertLess(growth, 1_000_000, "bytes, for 1000 runs")  # one leaked batch a run would be 4 MB

    def test_1000_runs_on_one_handle(self):
        model = GoldenRun("b", SHORT)
        model.execute()
        gc.collect()
        gc.disable()
        tracemalloc.start()
        try:
            for _ in range(200):
                model.execute()
            before = resident_bytes()
            first = tracemalloc.take_snapshot()
            for _ in range(1000):
                model.execute()
            last = tracemalloc.take_snapshot()
            growth = resident_bytes() - before
        finally:
            tracemalloc.stop()
            gc.enable()
        python = sum(line.size_diff for line in last.compare_to(first, "filename") if line.traceback[0].filename ==
                     dlc.__file__)
        self.assertLess(python, 10_000, "bytes of Python objects made in dlc.py")
        self.assertLess(growth, 1_000_000)

    def test_1000_failed_runs(self):
        """An exception that is caught leaves nothing behind either."""
        model = GoldenRun("b", SHORT)

        def fail(number: int) -> None:
            raise ValueError(bytearray(100_000))

        model.at_call = fail
        before = 0
        gc.disable()
        try:
            for number in range(1200):
                try:
                    model.execute()
                except ValueError:
                    pass
                if number == 200:
                    before = resident_bytes()
            growth = resident_bytes() - before
        finally:
            gc.enable()
        self.assertLess(growth, 1_000_000)

    def test_the_allocator_gets_everything_back(self):
        allocator = CountingAllocator()
        blocks = allocator.blocks
        gc.disable()
        try:
            expected = scored_run()
            for _ in range(50):
                self.assertEqual(scored_run(allocator), expected)
                self.assertEqual(len(blocks), 1)  # the allocator's own
            del allocator
            self.assertEqual(blocks, {})
        finally:
            gc.enable()


class AnyOrder(unittest.TestCase):
    def objects(self) -> tuple[dict, dict]:
        """All that belongs to a run, by name, and the blocks that are allocated."""
        allocator = CountingAllocator()
        x, w1, w2, labels = (golden("b", name) for name in ("x", "w1", "w2", "labels"))

        def forward(level, first, rows, out):
            out[:] = np.maximum(x[first:first + rows] @ w1.T, 0) @ w2.T

        mask = dlc.Mask(schedule=SHORT, allocator=allocator)
        mask.add_tensor("w1", w1)
        mask.add_tensor("w2", w2)
        score = dlc.Score(labels, width=len(w2), allocator=allocator)
        run = dlc.Run(mask, score, forward, allocator=allocator)
        names = {"allocator": allocator, "weights": w1, "forward": forward, "mask": mask, "score": score, "run": run}
        return names, allocator.blocks

    def test_deleted_in_any_order(self):
        for order in itertools.permutations(("allocator", "weights", "forward", "mask", "score", "run")):
            names, blocks = self.objects()
            for name in order:
                del names[name]
                if "run" in names:
                    names["run"].execute()
                elif "mask" in names:
                    names["mask"].memory_estimate()
            self.assertEqual(blocks, {}, order)

    def test_closed_in_any_order(self):
        for order in itertools.permutations(("allocator", "mask", "score", "run")):
            names, blocks = self.objects()
            for place, name in enumerate(order):
                names[name].close()
                names[name].close()
                if "run" not in order[:place + 1]:
                    names["run"].execute()
                with self.assertRaisesRegex(ValueError, f"this {type(names[name]).__name__} is closed"):
                    names[name].__enter__()
            self.assertEqual(blocks, {}, order)

    @needs_encoder
    def test_the_encoder_its_file_and_views_of_it(self):
        path = GOLDEN / "encoder" / "small.safetensors"
        images = np.load(GOLDEN / "encoder" / "small_images.npy")
        with dlc.Safetensors(path) as file:
            expected = dlc.Encoder(file).forward(images).tobytes()
            weights = np.asarray(file["conv1.weight"]).copy()
        for order in itertools.permutations(("allocator", "file", "tensor", "view", "encoder", "mask")):
            allocator = CountingAllocator()
            blocks = allocator.blocks
            file = dlc.Safetensors(path, allocator=allocator)
            tensor = file["conv1.weight"]
            mask = dlc.Mask(allocator=allocator)
            mask.add_tensor("w", tensor)
            mask.plan()
            names = {"allocator": allocator, "file": file, "tensor": tensor, "view": np.asarray(tensor),
                     "encoder": dlc.Encoder(file, allocator=allocator), "mask": mask}
            del allocator, file, tensor, mask
            for place, name in enumerate(order):
                if name == "file" and place % 2:
                    names[name].close()
                del names[name]
                if "encoder" in names:
                    self.assertEqual(names["encoder"].forward(images).tobytes(), expected)
                if "view" in names:
                    self.assertEqual(names["view"].tobytes(), weights.tobytes())
                if "mask" in names:
                    with names["mask"].applied(3):
                        pass
            self.assertEqual(blocks, {}, order)

    def test_with_blocks(self):
        weights = np.arange(1, 101, dtype=np.float32)
        saved = weights.tobytes()
        with self.assertRaisesRegex(KeyError, "in the block"):
            with dlc.Mask(schedule="list:0.5") as mask:
                mask.add_tensor("w", weights)
                mask.plan()
                mask.apply(0)
                self.assertEqual(np.count_nonzero(weights), 50)
                raise KeyError("in the block")
        self.assertEqual(weights.tobytes(), saved)
        with self.assertRaisesRegex(ValueError, "this Mask is closed"):
            mask.plan()

    def test_cycles_are_collected(self):
        """A model whose methods are the run's callbacks, and which holds the run and the allocator."""
        allocator = CountingAllocator()
        blocks = allocator.blocks
        model = GoldenRun("b", SHORT, allocator)
        model.allocator = allocator
        allocator.hook[0] = lambda number: model
        model.execute()
        gone = weakref.ref(model)
        del model, allocator
        self.assertIsNotNone(gone())
        gc.collect()
        self.assertIsNone(gone())
        self.assertEqual(blocks, {})

    def test_buffers_are_kept_alive(self):
        mask = dlc.Mask(schedule="list:0.5")
        weights = np.arange(1, 1001, dtype=np.float32)
        gone = weakref.ref(weights)
        mask.add_tensor("w", weights)
        del weights
        self.assertIsNotNone(gone())
        mask.plan()
        mask.apply(0)
        self.assertEqual(np.count_nonzero(gone()), 500)
        del mask
        self.assertIsNone(gone())

    def test_callbacks_are_kept_alive_and_let_go(self):
        model = GoldenRun("b", SHORT)
        expected = model.execute().tobytes()

        def make():
            def forward(level, first, rows, out):
                model.forward(level, first, rows, out)

            return forward

        forward = make()
        gone = weakref.ref(forward)
        model.run.set_forward(forward)
        del forward
        gc.collect()
        self.assertEqual(model.execute().tobytes(), expected)
        model.run.set_forward(make())
        gc.collect()
        self.assertIsNone(gone())
        self.assertEqual(model.execute().tobytes(), expected)

    def test_exit_with_everything_alive(self):
        """Global objects, cycles, an allocator in Python: the interpreter ends without a word."""
        program = """if True:
            import sys
            from support import CountingAllocator, GoldenRun, dlc
            allocator = CountingAllocator()
            models = [GoldenRun("b", "geometric:0.2x4"), GoldenRun("b", "geometric:0.2x4", allocator)]
            for model in models:
                model.execute()
                model.mask.apply(2)
            sys.modules["dlc"].left = models
            npy = dlc.Npy(allocator=allocator)
            class Late:
                def __del__(self, models=models):
                    for model in models:
                        try:
                            print(model.mask.current_level)
                        except ValueError:  # closed already
                            print(2)
            late = Late()
        """
        child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60,
                               cwd=Path(__file__).parent)
        self.assertEqual((child.stderr, child.returncode), ("", 0))
        self.assertEqual(child.stdout, "2\n2\n")

    def test_finalizers_of_a_cycle(self):
        """Whatever the collector finalizes first, what comes later finds handles that work, or closed ones."""
        path = GOLDEN / "encoder" / "small.safetensors"
        expected = float(np.asarray(dlc.Safetensors(path)["conv1.weight"]).sum())
        seen = []

        class Late:
            def fill(self, allocator: dlc.Allocator | None) -> None:
                self.model = GoldenRun("b", SHORT, allocator)
                self.file = dlc.Safetensors(path, allocator=allocator)
                self.view = np.asarray(self.file["conv1.weight"]) if allocator is None else None
                self.me = self

            def __del__(self) -> None:
                for use in (self.model.mask.plan, self.model.execute, self.file.__len__):
                    try:
                        use()
                        seen.append("used")
                    except ValueError as error:
                        seen.append(str(error))
                if self.view is not None and float(self.view.sum()) != expected:
                    seen.append("not the file's weights")

        allocator = CountingAllocator()
        for given in (None, allocator):
            for _ in range(10):
                late = Late()
                late.fill(given)
                del late
                gc.collect()
            self.assertEqual(len(seen), 30)
            if given is None:
                self.assertEqual(set(seen), {"used"})
            seen.clear()
        self.assertEqual(len(allocator.blocks), 1)

    def test_what_was_finalized_is_closed(self):
        """With an allocator a handle is freed by the collector before the finalizers of what has it are done."""
        allocator = CountingAllocator()
        model = GoldenRun("b", SHORT, allocator)
        model.mask._owner.__del__()
        for use in (model.mask.plan, model.execute):
            with self.assertRaisesRegex(ValueError, "^this Mask is closed$"):
                use()
        file = dlc.Safetensors(GOLDEN / "encoder" / "small.safetensors", allocator=allocator)
        file._owner.__del__()
        with self.assertRaisesRegex(ValueError, "^this Safetensors is closed$"):
            len(file)

    @needs_encoder
    def test_an_encoder_whose_file_was_finalized(self):
        file = dlc.Safetensors(GOLDEN / "encoder" / "small.safetensors", allocator=CountingAllocator())
        encoder = dlc.Encoder(file)
        file._owner.__del__()
        with self.assertRaisesRegex(ValueError, "^this Safetensors is closed$"):
            encoder.forward(np.zeros((1, encoder.channels, 28, 28), np.float32))


class RawMemory(unittest.TestCase):
    def test_address_count_dtype(self):
        weights = (ctypes.c_float * 10)(*range(1, 11))
        mask = dlc.Mask(schedule="list:0.3")
        mask.add_tensor("w", (ctypes.addressof(weights), 10, dlc.DTYPE_F32))
        mask.plan()
        mask.apply(0)
        self.assertEqual(list(weights), [0, 0, 0, 4, 5, 6, 7, 8, 9, 10])
        self.assertEqual(mask.copy(0, 0).tolist(), list(weights))
        mask.restore()
        self.assertEqual(list(weights), list(range(1, 11)))


if __name__ == "__main__":
    unittest.main()
