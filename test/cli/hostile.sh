# hostile.sh - what dlc prints and writes where names in files and folders were made to do harm: everything stays one
# line, JSON stays JSON, HTML stays text.
. test/support/cli.sh

"$PYTHON" - "$work" <<'END' || die "the files could not be made"
import json, os, pathlib, shutil, struct, sys

work = sys.argv[1]
png = open("test/golden/files/png/chunks/solid.png", "rb").read()
evil = "layer\n# 1 weight\x1b[2J"
header = {evil: {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}
text = json.dumps(header).encode()
with open(f"{work}/evil.safetensors", "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + struct.pack("<4f", 1, 2, 3, 4))
for name in (b"\xff\xfe", b"<script>alert(1)<"):
    folder = os.path.join(work.encode(), b"images", name)
    os.makedirs(folder)
    for i in range(3):
        with open(folder + b"/%d\xc3<b>.png" % i, "wb") as file:
            file.write(png)
    open(folder + b"/two\nlines\xff.txt", "wb").close()
END

runs mask --weights "$work/evil.safetensors" --plan --schedule list:0,0.5
cp "$work/stdout" "$work/plan.txt"
runs mask --weights "$work/evil.safetensors" --plan --schedule list:0,0.5 --json
cp "$work/stdout" "$work/plan.json"
runs score --encoder test/golden/encoder/grey.safetensors --images "$work/images" --out-dir "$work/run" \
    --schedule list:0,0.5
runs select --run "$work/run" --keep 0.5 --out "$work/pick.npy" --list "$work/pick.txt"
runs report "$work/run" --select "$work/pick.npy" --out "$work/report.html"

python <<'END'
import html.parser, json, sys

work = sys.argv[1]
lines = open(f"{work}/plan.txt").read().split("\n")
assert lines[:3] == ["# 4 weights of these tensors are masked:", "#   layer?# 1 weight?[2J F32 4",
                     "  level           kept   capacity        threshold"], lines
assert json.load(open(f"{work}/plan.json"))["tensors"][0]["name"] == "layer\n# 1 weight\x1b[2J"

samples = open(f"{work}/run/samples.txt", "rb").read().split(b"\n")
assert samples[:-1] == [c + b"/%d\xc3<b>.png" % i for c in (b"<script>alert(1)<", b"\xff\xfe") for i in range(3)], samples
assert all(line in samples for line in open(f"{work}/pick.txt", "rb").read().split(b"\n"))
run = json.load(open(f"{work}/run/run.json", encoding="utf-8"))
assert [c["samples"] for c in run["images"]["classes"]] == [3, 3]

class Tags(html.parser.HTMLParser):
    scripts = 0
    def handle_starttag(self, tag, attributes):
        Tags.scripts += tag == "script" or any(name.startswith("on") for name, _ in attributes)

page = open(f"{work}/report.html", encoding="utf-8").read()
Tags().feed(page)
assert "script&gt;alert(1)" in page and "<script>alert" not in page and Tags.scripts == 0, Tags.scripts
END

# A name that leads nowhere, or through a file, or that is no name.
fails 1 "evil.safetensors" score --encoder "$work/evil.safetensors" --images "$work/images" --out-dir "$work/out/run"
fails 1 "two?lines" mask --weights "$work/two
lines" --plan
fails 1 "File name too long" mask --weights "$(printf '%05000d' 1)" --plan
fails 1 "Not a directory" select --scores "$work/evil.safetensors/s.npy" --labels y.npy --keep 0.5 --out "$work/out/p.npy"

echo "100%: Checks: $checks, Failures: 0"
