"""What a callback raises comes out of the Python call with its traceback; the weights are whole, the handles usable.

GUARANTEE G1 from Python: at every call of the model and every progress report, with KeyboardInterrupt too, by real
signals at random moments, and by cancelling.
"""

import gc
import random
import signal
import subprocess
import sys
import threading
import time
import traceback
import unittest
import weakref
from pathlib import Path

import numpy as np
from support import CountingAllocator, GoldenRun, dlc

SHORT = "geometric:0.2x4"


class Trouble(Exception):
    pass


class NoUnraisable(unittest.TestCase):
    """A test in which nothing may be swallowed as "Exception ignored"."""

    def setUp(self) -> None:
        self.ignored = []
        self.previous = sys.unraisablehook
        self.hook = sys.unraisablehook = lambda unraisable: self.ignored.append(repr(unraisable.exc_value))

    def tearDown(self) -> None:
        self.assertIs(sys.unraisablehook, self.hook, "the hook was not put back")
        sys.unraisablehook = self.previous
        self.assertEqual(self.ignored, [])


class Raising(NoUnraisable):
    def check_every_call(self, kind: type[BaseException], at: str) -> None:
        model = GoldenRun("b", SHORT)
        expected = model.execute()
        calls = model.calls if at == "at_call" else model.reports
        self.assertGreater(calls, 8)
        for k in range(calls):

            def raise_at_k(number: int) -> None:
                if number == k:
                    raise kind(f"call {k}")

            setattr(model, at, raise_at_k)
            try:
                model.execute()
                self.fail(f"nothing was raised, call {k}")
            except kind as error:
                self.assertEqual(str(error), f"call {k}")
                frames = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
            self.assertEqual(frames[-2:], ["forward" if at == "at_call" else "progress", "raise_at_k"])
            self.assertIn("execute", frames)
            self.assertEqual((model.calls if at == "at_call" else model.reports), k + 1, "it went on")
            self.assertTrue(model.weights_are_untouched(), f"call {k}")
            setattr(model, at, lambda number: None)
            self.assertEqual(model.execute().tobytes(), expected.tobytes(), f"call {k}")

    def test_the_model_raises_at_every_call(self):
        self.check_every_call(Trouble, "at_call")

    def test_keyboard_interrupt_at_every_call(self):
        self.check_every_call(KeyboardInterrupt, "at_call")

    def test_progress_raises_at_every_report(self):
        self.check_every_call(Trouble, "at_report")

    def test_system_exit_in_every_report(self):
        self.check_every_call(SystemExit, "at_report")

    def test_what_is_raised_on_the_way_into_a_callback(self):
        """Before the trampoline's `try`: where a signal that came during C code is raised."""
        model = GoldenRun("b", SHORT)
        expected = model.execute()
        calls = model.calls + model.reports
        for k in range(calls):
            entered = 0

            def tracer(frame, event, _argument):
                nonlocal entered
                if event == "call" and frame.f_code is dlc._Callback.__call__.__code__:
                    entered += 1
                    if entered == k + 1:
                        raise KeyboardInterrupt(f"on the way in, {k}")

            sys.settrace(tracer)
            try:
                with self.assertRaisesRegex(KeyboardInterrupt, f"on the way in, {k}$"):
                    model.execute()
            finally:
                sys.settrace(None)
            self.assertTrue(model.weights_are_untouched())
            self.assertEqual(model.execute().tobytes(), expected.tobytes())

    def test_what_is_raised_on_the_way_out_of_a_callback(self):
        """C has its result then, and goes on: the next callback stops it."""
        model = GoldenRun("b", SHORT)
        expected = model.execute()
        calls = model.calls + model.reports
        for k in range(calls):
            left = 0

            def tracer(frame, event, _argument):
                nonlocal left
                if frame.f_code.co_filename != dlc.__file__ or frame.f_code.co_name != "call":
                    return None
                if event == "return":
                    left += 1
                    if left == k + 1:
                        raise KeyboardInterrupt(f"on the way out, {k}")
                return tracer

            sys.settrace(tracer)
            try:
                with self.assertRaisesRegex(KeyboardInterrupt, f"on the way out, {k}$"):
                    model.execute()
            finally:
                sys.settrace(None)
            self.assertLessEqual(model.calls + model.reports, k + 2, "it went on")
            self.assertTrue(model.weights_are_untouched())
            self.assertEqual(model.execute().tobytes(), expected.tobytes())

    def test_the_allocator_raises_at_every_allocation(self):
        allocator = CountingAllocator()
        model = GoldenRun("b", SHORT, allocator)
        expected = model.execute()
        allocations = allocator.count[0]
        allocator.count[0] = 0
        model.execute()
        again = allocator.count[0]
        self.assertTrue(4 < again <= allocations)
        self.assertGreater(len(allocator.blocks), 0)
        for k in range(again):

            def raise_at_k(number: int) -> None:
                if number == k:
                    raise Trouble(f"block {k}")

            allocator.count[0], allocator.hook[0] = 0, raise_at_k
            with self.assertRaisesRegex(Trouble, f"block {k}$"):
                model.execute()
            self.assertTrue(model.weights_are_untouched())
            allocator.hook[0] = lambda number: None
            self.assertEqual(model.execute().tobytes(), expected.tobytes())
        blocks = allocator.blocks
        del allocator, model
        gc.collect()  # the model's methods are the run's callbacks
        self.assertEqual(blocks, {})

    def test_the_allocator_raises_in_create(self):
        allocator = CountingAllocator()

        def fail(_number: int) -> None:
            raise Trouble("no block")

        for kind in (dlc.Mask, dlc.Score, dlc.Response, dlc.Run, dlc.Flexrand, dlc.Npy):
            allocator.hook[0] = fail
            with self.subTest(kind.__name__), self.assertRaisesRegex(Trouble, "no block"):
                kind(allocator=allocator)
            allocator.hook[0] = lambda number: None
            kind(allocator=allocator)
        with self.assertRaisesRegex(Trouble, "no allocator"):

            def fail_at_once(size: int) -> int:
                raise Trouble("no allocator")

            dlc.Allocator(fail_at_once, lambda block: None)
        with self.assertRaisesRegex(dlc.DlcError, "DLC_ERROR_MEMORY"):
            dlc.Allocator(lambda size: None, lambda block: None)
        self.assertEqual(len(allocator.blocks), 1)

    def test_no_cycle_is_left(self):
        """What was raised, and all that its frames hold, goes when it is dropped, without the collector."""
        model = GoldenRun("b", SHORT)
        gone = []

        class Witness:
            pass

        def raise_with_a_local(number: int) -> None:
            witness = Witness()
            gone.append(weakref.ref(witness))
            raise Trouble

        model.at_call = raise_with_a_local
        gc.disable()
        try:
            try:
                model.execute()
            except Trouble:
                pass
            self.assertIsNone(gone[0]())
        finally:
            gc.enable()

    def test_an_unrelated_unraisable_is_passed_on(self):
        model = GoldenRun("b", SHORT)

        class Loud:
            def __del__(self) -> None:
                raise Trouble("in __del__")

        def drop(number: int) -> None:
            if number == 1:
                Loud()

        model.at_call = drop
        model.execute()
        self.assertEqual(self.ignored, [repr(Trouble("in __del__"))])
        self.ignored.clear()


class Stopping(NoUnraisable):
    def test_progress_returns_false(self):
        model = GoldenRun("b", SHORT)
        expected = model.execute()
        reports = []

        def progress(*report: int) -> bool:
            reports.append(report)
            return len(reports) < 3

        model.run.set_progress(progress)
        with self.assertRaises(dlc.DlcError) as caught:
            model.execute()
        self.assertEqual((caught.exception.status, caught.exception.name), (dlc.ERROR_CANCELLED, "DLC_ERROR_CANCELLED"))
        self.assertEqual(len(reports), 3)
        samples = model.score.sample_count
        self.assertEqual(reports[0], (0, 4, min(64, samples), samples))
        self.assertTrue(model.weights_are_untouched())
        model.run.set_progress(None)
        self.assertEqual(model.execute().tobytes(), expected.tobytes())
        self.assertEqual(len(reports), 3)

    def test_cancel_from_the_model_and_from_a_thread(self):
        model = GoldenRun("b", SHORT)
        model.at_call = lambda number: model.run.cancel() if number == 2 else None
        with self.assertRaisesRegex(dlc.DlcError, "cancelled") as caught:
            model.execute()
        self.assertEqual(caught.exception.status, dlc.ERROR_CANCELLED)
        self.assertEqual(model.calls, 3)
        entered = threading.Event()
        model.at_call = lambda number: (entered.set(), time.sleep(0.01))
        thread = threading.Thread(target=lambda: (entered.wait(), model.run.cancel()))
        thread.start()
        with self.assertRaisesRegex(dlc.DlcError, "DLC_ERROR_CANCELLED"):
            for _ in range(1000):
                model.execute()
        thread.join()
        self.assertTrue(model.weights_are_untouched())

    def test_a_model_that_returns_something_or_writes_nothing(self):
        model = GoldenRun("b", SHORT)
        model.run.set_forward(lambda level, first, rows, out: np.zeros_like(out))
        with self.assertRaisesRegex(TypeError, "must fill `out`"):
            model.execute()
        model.run.set_forward(lambda level, first, rows, out: None)
        with self.assertRaisesRegex(dlc.DlcError, "sample 0.*DLC_ERROR_DATA"):
            model.execute()
        model.run.set_forward(model.forward)
        model.execute()

    def test_a_callback_must_not_call_its_handles(self):
        model = GoldenRun("b", SHORT)
        misuses = {
            "execute": lambda: model.run.execute(),
            "set_forward": lambda: model.run.set_forward(model.forward),
            "set_progress": lambda: model.run.set_progress(None),
            "close": lambda: model.run.close(),
            "the mask": lambda: model.mask.restore(),
            "closing the mask": lambda: model.mask.close(),
            "the score": lambda: model.score.get_scores(),
            "closing the score": lambda: model.score.close(),
            "another run": lambda: dlc.Run(model.mask, model.score, model.forward).execute(),
        }
        for name, misuse in misuses.items():
            model.at_call = lambda number: misuse() if number == 1 else None
            with self.subTest(name), self.assertRaisesRegex(RuntimeError, "is in use"):
                model.execute()
            model.at_call = lambda number: None
            model.execute()

    def test_two_threads_on_one_run(self):
        model = GoldenRun("b", SHORT)
        seen = []

        def from_a_thread(number: int) -> None:
            def misuse() -> None:
                try:
                    model.run.execute()
                except RuntimeError as error:
                    seen.append(str(error))

            if number == 0:
                thread = threading.Thread(target=misuse)
                thread.start()
                thread.join()

        model.at_call = from_a_thread
        model.execute()
        self.assertEqual(len(seen), 1)
        self.assertIn("is in use", seen[0])

    def test_distinct_runs_in_threads(self):
        expected = GoldenRun("a").execute()
        allocator = CountingAllocator()  # one for all
        results = [None] * 4

        def work(place: int) -> None:
            model = GoldenRun("a", allocator=allocator)
            for _ in range(3):
                results[place] = model.execute()

        threads = [threading.Thread(target=work, args=(place,)) for place in range(len(results))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for result in results:
            self.assertEqual(result.tobytes(), expected.tobytes())


class Signals(NoUnraisable):
    def test_signals_at_random_moments(self):
        """Most of them while C code runs: wide features and many classes against an empty model."""
        generator = np.random.default_rng(1)
        features = generator.standard_normal((600, 256), dtype=np.float32)
        labels = np.arange(600) % 150
        weights = generator.standard_normal(100_000, dtype=np.float32)
        saved = weights.tobytes()

        def forward(level, first, rows, out):
            out[:] = features[first:first + rows]

        mask = dlc.Mask(schedule=SHORT)
        mask.add_tensor("w", weights)
        score = dlc.Score(labels, width=256)
        run = dlc.Run(mask, score, forward, progress=lambda *_: None, batch=40)
        run.execute()
        start = time.perf_counter()
        run.execute()
        duration = time.perf_counter() - start
        expected = score.get_scores().tobytes()

        def interrupt(*_):
            raise KeyboardInterrupt("by a signal")

        previous = signal.signal(signal.SIGALRM, interrupt)
        moments = random.Random(1)
        interrupted = tries = 0
        try:
            while interrupted < 60 and tries < 3000:  # a busy machine stretches some runs
                tries += 1
                try:
                    signal.setitimer(signal.ITIMER_REAL, moments.uniform(0.02, 1) * duration)
                    run.execute()
                    signal.setitimer(signal.ITIMER_REAL, 0)
                except KeyboardInterrupt:
                    interrupted += 1
                self.assertEqual(weights.tobytes(), saved)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, previous)
        self.assertEqual(interrupted, 60)
        run.execute()
        self.assertEqual(score.get_scores().tobytes(), expected)

    def test_sigint(self):
        """Ctrl-C, as the terminal sends it."""
        program = """if True:
            import signal, sys, time
            from support import GoldenRun
            signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job would ignore it
            model = GoldenRun("a")
            expected = model.execute().tobytes()
            def busy(number):
                if number == 3:
                    print("running", flush=True)
                time.sleep(0.01)
            model.at_call = busy
            try:
                model.execute()
            except KeyboardInterrupt:
                print("interrupted", model.weights_are_untouched())
            model.at_call = lambda number: None
            print(model.execute().tobytes() == expected)
        """
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, cwd=Path(__file__).parent) as child:
            self.assertEqual(child.stdout.readline(), "running\n")
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=60)
        self.assertEqual((out, err, child.returncode), ("interrupted True\nTrue\n", "", 0))


if __name__ == "__main__":
    unittest.main()
