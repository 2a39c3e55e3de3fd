"""The code in docs/python.md runs as it stands, block after block; that of PyTorch in torch/torch_tests.py."""

import re
import unittest

from support import TOP, dlc


def run_blocks(with_torch: bool) -> dict:
    """What the blocks leave. Those marked "torch" are left out, or not."""
    text = (TOP / "docs" / "python.md").read_text()
    names: dict = {}
    blocks = re.findall(r"^```python( torch)?\n(.*?)^```", text, flags=re.M | re.S)
    for number, (torch, code) in enumerate(blocks, 1):
        if with_torch or not torch:
            exec(compile(code, f"docs/python.md, block {number}", "exec"), names)
    names["blocks"] = len(blocks)
    return names


class Guide(unittest.TestCase):
    def test_blocks(self):
        names = run_blocks(with_torch=False)
        self.assertGreaterEqual(names["blocks"], 7)
        self.assertEqual((len(names["kept"]), len(names["more"])), (90, 150))
        self.assertEqual(names["curves"].shape, (50, 300))
        self.assertEqual(names["losses"].shape, (4,))
        self.assertEqual(names["results"]["fine"].tobytes(), names["scores"].tobytes())

    def test_names_that_the_text_uses(self):
        text = (TOP / "docs" / "python.md").read_text()
        for name in set(re.findall(r"\bdlc\.([A-Za-z_]\w+)", text)) - {"py", "library"}:
            self.assertTrue(hasattr(dlc, name), name)
        for name in re.findall(r"examples/python/(\w+\.py)", text):
            self.assertTrue((TOP / "examples" / "python" / name).exists(), name)


if __name__ == "__main__":
    unittest.main()
