"""GUARANTEE G5 from Python: a run stopped at any call goes on from its checkpoint to the same bits."""

import io
import math
import tempfile
import unittest
from pathlib import Path

import numpy as np
from support import GoldenRun, dlc

SHORT = "geometric:0.2x3"


class Trouble(Exception):
    pass


class Store:
    """Checkpoints in memory. `at_step` is called with the number of every step before it is done."""

    def __init__(self) -> None:
        self.last = b""
        self.steps = []
        self.at_step = lambda number: None
        self.begin_reading()

    def begin_reading(self) -> None:
        self.file = io.BytesIO(self.last)

    def write(self, step: int, data: np.ndarray | None) -> None:
        self.steps.append(step)
        self.at_step(len(self.steps) - 1)
        if step == dlc.CHECKPOINT_BEGIN:
            self.next = bytearray()
        elif step == dlc.CHECKPOINT_DATA:
            assert not data.flags.writeable and len(data) > 0
            self.next += data.tobytes()
        elif step == dlc.CHECKPOINT_COMMIT:
            self.last = bytes(self.next)

    def read(self, room: np.ndarray) -> int:
        return self.file.readinto(room)


def raise_at(k: int):
    def raise_at_k(number: int) -> None:
        if number == k:
            raise Trouble(f"at {k}")

    return raise_at_k


class Checkpoints(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "run.checkpoint"
        model = GoldenRun("b", SHORT)
        self.expected = model.execute().tobytes()
        self.curves = model.score.get_curves().tobytes()
        self.calls = model.calls

    def model(self, interval: float = 0) -> GoldenRun:
        model = GoldenRun("b", SHORT)
        model.run.set_checkpoint_file(self.path)
        model.run.set_checkpoint_interval(interval)
        return model

    def calls_left(self, k: int) -> int:
        """Every finished batch counts. Features of the unmasked pass are not kept: level 0 needs them once more."""
        batches = self.calls // 3
        return self.calls - k + (batches if 0 < k < batches else 0)

    def assertResults(self, model: GoldenRun) -> None:
        self.assertEqual(model.score.get_scores().tobytes(), self.expected)
        self.assertEqual(model.score.get_curves().tobytes(), self.curves)
        self.assertTrue(model.weights_are_untouched())

    def test_an_exception_at_every_call(self):
        for kind in (Trouble, KeyboardInterrupt):
            for k in range(self.calls):
                stopped = self.model(math.inf)

                def raise_at_k(number: int) -> None:
                    if number == k:
                        raise kind(f"call {k}")

                stopped.at_call = raise_at_k
                with self.assertRaisesRegex(kind, f"call {k}$"):
                    stopped.execute()
                self.assertEqual(stopped.run.resumed_pass, -1)
                again = self.model()
                again.execute()
                self.assertResults(again)
                self.assertEqual(again.calls, self.calls_left(k))
                self.assertGreaterEqual(again.run.resumed_pass, 0)
                self.assertGreaterEqual(again.run.resumed_samples, 0)
                with self.subTest("nothing is left to do"):
                    done = self.model()
                    done.execute()
                    self.assertResults(done)
                    self.assertEqual(done.calls, 0)
                self.path.unlink()

    def test_functions(self):
        store = Store()
        for k in range(self.calls):
            store.__init__()
            stopped = GoldenRun("b", SHORT)
            stopped.run.set_checkpoint(store.write, store.read)
            stopped.at_call = raise_at(k)
            with self.assertRaisesRegex(Trouble, f"at {k}$"):
                stopped.execute()
            self.assertGreater(len(store.last), 0)
            stopped.at_call = lambda number: None
            store.begin_reading()
            stopped.execute()
            self.assertResults(stopped)
            self.assertEqual(stopped.calls, self.calls_left(k))

    def test_a_writer_that_raises_at_every_step(self):
        store = Store()
        model = GoldenRun("b", SHORT)
        model.run.set_checkpoint(store.write, store.read)
        model.run.set_checkpoint_interval(0)
        model.execute()
        steps = len(store.steps)
        self.assertGreater(steps, 20)
        self.assertNotIn(dlc.CHECKPOINT_ABORT, store.steps)
        for k in range(steps):
            store.__init__()
            store.at_step = raise_at(k)
            with self.assertRaisesRegex(Trouble, f"at {k}$"):
                model.execute()
            self.assertTrue(model.weights_are_untouched())
            if store.steps[k] != dlc.CHECKPOINT_BEGIN:
                self.assertEqual(store.steps[k + 1], dlc.CHECKPOINT_ABORT)
            store.at_step = lambda number: None
            store.begin_reading()
            model.execute()
            self.assertResults(model)

    def test_a_reader_that_raises(self):
        store = Store()
        model = GoldenRun("b", SHORT)

        def fail(room: np.ndarray) -> int:
            raise Trouble("cannot read")

        model.run.set_checkpoint(store.write, fail)
        with self.assertRaisesRegex(Trouble, "cannot read"):
            model.execute()
        self.assertEqual(model.calls, 0)
        model.run.set_checkpoint(store.write, lambda room: None)
        with self.assertRaisesRegex(TypeError, "NoneType"):
            model.execute()
        model.run.set_checkpoint(None, None)
        model.execute()
        self.assertResults(model)
        with self.assertRaisesRegex(TypeError, "two functions, or None twice"):
            model.run.set_checkpoint(store.write, None)

    def test_a_checkpoint_of_something_else_is_refused(self):
        def fingerprinted(data: object) -> GoldenRun:
            model = self.model()
            model.run.add_fingerprint("files", data)
            return model

        fingerprinted("list 1").execute()
        for same in (b"list 1", np.frombuffer(b"list 1", np.uint8), np.frombuffer(b"list 1", np.uint16)):
            model = fingerprinted(same)
            model.execute()
            self.assertEqual(model.calls, 0)
        for other in ("list 2", None):
            with self.assertRaisesRegex(dlc.DlcError, "files.*DLC_ERROR_STATE"):
                fingerprinted(other).execute()
        with self.assertRaisesRegex(TypeError, "^data: the array is not C-contiguous"):
            fingerprinted(np.zeros((3, 4)).T)
        data = bytearray(self.path.read_bytes())
        data[len(data) // 2] ^= 1
        self.path.write_bytes(data)
        with self.assertRaisesRegex(dlc.DlcError, "run.checkpoint.*DLC_ERROR_FORMAT"):
            fingerprinted("list 1").execute()

    def test_settings(self):
        model = GoldenRun("b", SHORT)
        with self.assertRaisesRegex(dlc.DlcError, "DLC_ERROR_ARGUMENT"):
            model.run.set_checkpoint_interval(-1)
        with self.assertRaisesRegex(dlc.DlcError, "DLC_ERROR_ARGUMENT"):
            model.run.set_checkpoint_file("")
        run = dlc.Run(model.mask, model.score, model.forward, checkpoint_file=self.path, checkpoint_interval=3)
        run.execute()
        self.assertTrue(self.path.exists())
        self.path.unlink()
        run.set_checkpoint_file(None)
        run.execute()
        self.assertFalse(self.path.exists())


if __name__ == "__main__":
    unittest.main()
