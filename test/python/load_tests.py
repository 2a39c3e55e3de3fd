"""Which library dlc.py loads: $DLC_LIBRARY, beside the file, the build tree, installed; never one that does not fit."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import BUILD, EXAMPLES, dlc

REPORT = "import dlc; print(dlc.library.dlc_version_number.symbol, dlc.version_number())"


class Loading(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.work = Path(folder.name)
        self.module = self.work / "examples" / "python"
        self.module.mkdir(parents=True)
        shutil.copy(EXAMPLES / "dlc.py", self.module)

    def fake(self, path: Path, version: int, lacks: str = "") -> Path:
        """A library that has the version and nothing else, but every name."""
        names = {name for name in vars(dlc.library) if not name.endswith("_callback")} - {"dlc_version_number", lacks}
        path.parent.mkdir(exist_ok=True)
        source = self.work / "fake.c"
        source.write_text(f"int dlc_version_number(void) {{ return {version}; }}\n" +
                          "".join(f"void {name}(void) {{}}\n" for name in names))
        compiler = os.environ.get("CC", "cc").split()[-1]
        subprocess.run([compiler, "-w", "-shared", "-fPIC", source, "-o", path], check=True)
        return path

    def load(self, program: str = REPORT, **environment: str) -> tuple[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LD_PRELOAD", "ASAN_OPTIONS") if name in os.environ}
        environment = {**kept, "PYTHONPATH": str(self.module), **environment}
        child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
        return child.stdout, child.stderr

    def loaded(self, **environment: str) -> int:
        out, err = self.load("import dlc; print(dlc.version_number())", **environment)
        self.assertEqual(err, "")
        return int(out)

    def test_order_of_places(self):
        number = dlc.VERSION_NUMBER
        with self.subTest("installed"):
            self.fake(self.work / "installed" / "libdlc.so.1", number + 10)
            self.assertEqual(self.loaded(LD_LIBRARY_PATH=str(self.work / "installed")), number + 10)
        with self.subTest("the build tree"):
            self.fake(self.work / "build" / "libdlc.so.1", number + 20)
            self.assertEqual(self.loaded(LD_LIBRARY_PATH=str(self.work / "installed")), number + 20)
        with self.subTest("beside the file"):
            self.fake(self.module / "libdlc.so.1", number + 30)
            self.assertEqual(self.loaded(), number + 30)
        with self.subTest("DLC_LIBRARY"):
            chosen = self.fake(self.work / "chosen.so", number + 40)
            self.assertEqual(self.loaded(DLC_LIBRARY=str(chosen)), number + 40)

    def test_a_later_minor_version_is_fine(self):
        self.assertEqual(self.loaded(DLC_LIBRARY=str(self.fake(self.work / "l.so", 10903))), 10903)

    def test_versions_that_do_not_fit(self):
        for version in (20000, 309, dlc.VERSION_NUMBER - 100):
            path = self.fake(self.work / f"l{version}.so", version)
            _, err = self.load(DLC_LIBRARY=str(path))
            last = err.splitlines()[-1]
            with self.subTest(last):
                self.assertIn("ImportError", last)
                self.assertIn(f"{path} is libdlc {version // 10000}.{version // 100 % 100}", last)

    def test_no_library(self):
        _, err = self.load()
        last = err.splitlines()[-1]
        self.assertIn("ImportError: libdlc cannot be loaded: libdlc.so.1", last)
        self.assertIn(str(self.module / "libdlc.so.1"), last)
        _, err = self.load(DLC_LIBRARY="/nowhere/libdlc.so")
        self.assertIn("ImportError: libdlc cannot be loaded: /nowhere/libdlc.so", err.splitlines()[-1])
        maps = Path("/proc/self/maps").read_text().splitlines()
        libc = next(line.split()[-1] for line in maps if "libc.so" in line)
        _, err = self.load(DLC_LIBRARY=libc)
        self.assertRegex(err.splitlines()[-1], "ImportError: libdlc cannot be loaded: .*dlc_version_number")

    def test_a_library_that_lacks_a_function(self):
        path = self.fake(self.work / "small.so", dlc.VERSION_NUMBER, lacks="dlc_run_create")
        _, err = self.load(DLC_LIBRARY=str(path))
        self.assertRegex(err.splitlines()[-1], "ImportError: libdlc cannot be used: .*small.so.*dlc_run_create")

    def test_a_link_to_the_file(self):
        """The build tree is that of the file itself."""
        links = self.work / "links"
        links.mkdir()
        (links / "dlc.py").symlink_to(EXAMPLES / "dlc.py")
        if (EXAMPLES.parents[1] / "build" / "libdlc.so.1").exists():
            self.assertEqual(self.loaded(PYTHONPATH=str(links)), dlc.version_number())

    def test_a_file_in_the_root(self):
        program = """if True:
            import os, sys
            code = open(os.path.join(sys.path[1], "dlc.py")).read()
            names = {"__file__": "/dlc.py", "__name__": "dlc"}
            exec(compile(code, "/dlc.py", "exec"), names)
            print(names["version_number"]())
        """
        out, err = self.load(program, DLC_LIBRARY=str(BUILD / "libdlc.so"))
        self.assertEqual((out, err), (f"{dlc.VERSION_NUMBER}\n", ""))

    def test_the_library_of_this_build(self):
        self.assertEqual(self.loaded(DLC_LIBRARY=str(BUILD / "libdlc.so")), dlc.VERSION_NUMBER)


if __name__ == "__main__":
    unittest.main()
