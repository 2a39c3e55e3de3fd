"""Writes subsets.txt beside each golden.json: a line "gamma keep seed index index ..." for each of its subsets.

C reads that with fscanf(). Run from the top of the repo: python3 test/golden/subsets.py
"""

import json
import pathlib
import re

for source in sorted(pathlib.Path("test/golden").glob("*/golden.json")):
    lines = []
    for name, indices in json.loads(source.read_text())["subsets"].items():
        gamma, keep, seed = re.fullmatch(r"gamma(.+)_keep(.+)_seed(.+)", name).groups()
        lines.append(" ".join([gamma, keep, seed, *map(str, indices)]) + "\n")
    source.with_name("subsets.txt").write_text("".join(lines))
