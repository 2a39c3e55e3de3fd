# report.sh - `dlc report`: one self-contained page, whatever the names hold; what it says against NumPy; notes; wrong uses.
. test/support/cli.sh

encoder=examples/demo/fashion_resnet.safetensors
"$PYTHON" - "$work" <<'PYTHON' || die "the images cannot be made"
import os, struct, sys, zlib
import numpy as np
work = sys.argv[1].encode()

def png(path, pixels):
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 8, 0, 0, 0, 0)
    open(path, "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
                           + chunk(b"IEND", b""))

rng = np.random.default_rng(5)
hostile = [b'<script src="x.js">.png', b'a&amp;"b\'.png', b"\xff\xfe broken.png", b"\xe2\x80\xae turned.png", b"tab\there.png"]
for folder, count in ((b"bright", 40), (b"dark & <b>", 21), (b"lone", 1)):
    os.makedirs(work + b"/images/" + folder)
    for i in range(count):
        name = hostile[i] if folder[:1] == b"d" and i < len(hostile) else b"%02d.png" % i
        png(work + b"/images/" + folder + b"/" + name, rng.integers(0, 256, (28, 28)).astype(np.uint8) >> (folder[:1] == b"d"))
PYTHON
runs score --encoder $encoder --images "$work/images" --out-dir "$work/run" --schedule geometric:0.1x5
runs select --run "$work/run" --keep 0.4 --gamma 0.3 --out "$work/pick.npy"

# Runs that something is wrong with; each is the first with one change. edit NAME <script : run, load, save, json at hand.
edit() {
    cp -r "$work/run" "$work/$1"
    "$PYTHON" -c '
import json, sys
import numpy as np
work, run = sys.argv[1], sys.argv[1] + "/" + sys.argv[2]
load = lambda name: np.load(f"{run}/{name}.npy")
save = lambda name, array: np.save(f"{run}/{name}.npy", array)
record = json.load(open(f"{run}/run.json"))
exec(sys.stdin.read())
json.dump(record, open(f"{run}/run.json", "w"))' "$work" "$1" || die "$1 cannot be made"
}

edit counted <<'PYTHON'
counts = np.arange(62) % 6
save("correct", counts.astype(np.int32))
record["images"]["skipped"] = [{"path": "bright/a<b.png", "reason": "cut short"}]
record["warnings"] = ["levels & <more>"]
PYTHON
runs report "$work/counted" --select "$work/pick.npy" --gamma 0.3 --out "$work/page.html"
runs report "$work/counted" --quiet --out "$work/page.html" --gamma 0.3 --select "$work/pick.npy"
cp "$work/page.html" "$work/again.html"
runs report "$work/counted" --select "$work/pick.npy" --gamma 0.3 --out "$work/page.html"
cmp "$work/page.html" "$work/again.html" || die "the same run gives two pages"
runs report "$work/run" --out "$work/plain.html"

cat >"$work/page.py" <<'PYTHON'
"""A page as a tree of text, checked on the way: what opens closes, nothing is fetched or run."""
from html.parser import HTMLParser

VOID = {"meta", "img", "br", "rect", "line", "path", "circle", "polyline"}


class Page(HTMLParser):
    def __init__(self, path):
        super().__init__(convert_charrefs=True)
        self.open, self.rows, self.items, self.ids, self.links, self.text = [], [], [], [], [], ""
        self.images = 0
        self.feed(open(path, encoding="utf-8", errors="strict").read())
        self.close()
        assert not self.open, self.open
        assert len(set(self.ids)) == len(self.ids)
        assert all(link in self.ids for link in self.links), self.links

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        assert len(values) == len(attributes) and None not in values.values(), attributes
        assert tag not in {"script", "link", "iframe", "object", "embed", "form", "b_", "base"}, tag
        assert not any(name.startswith("on") for name in values), attributes
        for name in ("src", "href"):
            if name in values:
                assert values[name].startswith("data:image/png;base64," if name == "src" else "#"), values[name]
        self.images += tag == "img"
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values["href"][1:]] if "href" in values else []
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag == "li":
            self.items.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        assert "svg" in self.open, tag
        self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, (tag, self.open)

    def handle_data(self, data):
        if "style" in self.open:
            assert "url(" not in data and "@import" not in data
            return
        assert "http:" not in data and "https:" not in data
        if "svg" in self.open:
            return
        self.text += data
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data
        if "li" in self.open:
            self.items[-1] += data
PYTHON
export PYTHONPATH="$work"

python <<'PYTHON'
import base64, re, sys
import numpy as np
from page import Page
work = sys.argv[1]
page, plain = Page(f"{work}/page.html"), Page(f"{work}/plain.html")
scores, labels = np.load(f"{work}/run/scores.npy"), np.load(f"{work}/run/labels.npy")
paths = open(f"{work}/run/samples.txt", "rb").read().decode(errors="replace").splitlines()
correct, pick = np.load(f"{work}/counted/correct.npy"), np.load(f"{work}/pick.npy")
kept = np.zeros(62, bool)
kept[pick] = True
names = ["bright", "dark & <b>", "lone"]

# The tables, against NumPy.
tables = {}
for row in page.rows:
    tables.setdefault(row[0].replace("\xa0", " "), []).append([cell.replace("\xa0", " ") for cell in row[1:]])
decimals = len(tables["All"][0][1].split(".")[1])
for label, name in enumerate(names):
    members = np.flatnonzero(labels == label)
    members = members[np.argsort(scores[members], kind="stable")]
    cut = round(0.3 * len(members))
    classes, selection = tables[name]
    mean = f"{scores[members].mean(dtype=np.float64):.{decimals}f}"
    right = f"{100 * correct[members].mean() / 5:.1f} %"
    assert classes == [str(len(members)), mean, "", right, str((correct[members] == 0).sum())], (name, classes)
    count = kept[members].sum()
    mean_kept = f"{scores[members[kept[members]]].mean(dtype=np.float64):.{decimals}f}" if count else "–"
    assert selection == [str(len(members)), str(count), f"{100 * count / len(members):.1f} %", str(kept[members[:cut]].sum()),
                         str(kept[members[cut:]].sum()), "", mean, mean_kept], (name, selection)
assert tables["All"][1][:2] == ["62", "25"] and "forward passes" in tables

# The samples: the easiest eight, then the hardest eight of each class, with score, file and tags; pictures that decode.
wanted = []
for label in range(3):
    members = np.flatnonzero(labels == label)
    members = members[np.argsort(scores[members], kind="stable")]
    half = (len(members) + 1) // 2
    wanted += [*members[:half][:8], *members[half:][::-1][:8]]
shown = [item for item in page.items if ".png" in item and re.match(r"\d", item)]
assert len(shown) == len(wanted) == page.images == 33
for item, sample in zip(shown, wanted):
    name = paths[sample].split("/", 1)[1]
    tags = ("kept" if kept[sample] else "") + ("other class" if correct[sample] == 0 else "")
    assert item.split() == (f"{scores[sample]:.{decimals}f}{name}{tags}").split(), (item, name)
for picture in re.findall(r'base64,([^"]*)"', open(f"{work}/page.html", encoding="utf-8").read()):
    assert base64.b64decode(picture, validate=True)[:8] == b"\x89PNG\r\n\x1a\n"

# The notes.
assert "levels & <more>" in page.text and "bright/a<b.png (cut short)" in page.text
assert "Classes of one sample: lone." in page.text
assert "11 (17.7\xa0%) lie nearer to another class’s centroid at every level" in page.text
assert "correct.npy" in plain.text and "other class" not in plain.text
assert "kept" not in plain.text.lower() and "What the selection keeps" not in plain.text
PYTHON

# The pixels shown are the sample's own.
"$PYTHON" -c 'import PIL' 2>/dev/null && python <<'PYTHON'
import base64, io, re, sys
import numpy as np
from PIL import Image
work = sys.argv[1]
scores, labels = np.load(f"{work}/run/scores.npy"), np.load(f"{work}/run/labels.npy")
easiest = np.flatnonzero(labels == 0)[np.argmin(scores[labels == 0])]
path = open(f"{work}/run/samples.txt", "rb").read().splitlines()[easiest]
first = re.search(r'base64,([^"]*)"', open(f"{work}/page.html", encoding="utf-8").read()).group(1)
shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(first))))
assert (shown == np.asarray(Image.open(f"{work}/images/".encode() + path))).all()
PYTHON

# What looks wrong is said. notes NAME TEXT : the page of that run has the text.
notes() {
    runs report "$work/$1" --out "$work/$1.html"
    python "$1" "$2" <<'PYTHON'
import sys
from page import Page
page = Page(f"{sys.argv[1]}/{sys.argv[2]}.html")
assert sys.argv[3] in page.text, page.text[:3000]
PYTHON
}
edit flat <<'PYTHON'
save("scores", (1.5 + 1e-5 * load("scores")).astype(np.float32))
PYTHON
notes flat "The scores are nearly flat."
edit tied <<'PYTHON'
save("scores", np.round(load("scores"), 1).astype(np.float32))
PYTHON
notes tied "Many scores are the same."
edit mixed <<'PYTHON'
save("correct", (np.arange(62) % 3).astype(np.int32))
PYTHON
notes mixed "The centroids barely separate the classes."
edit single <<'PYTHON'
save("labels", load("labels") * 0)
record["images"]["classes"] = [{"name": "all", "samples": 62}]
PYTHON
notes single "There is only one class."
edit fine <<'PYTHON'
save("correct", np.full(62, 5, np.int32))
save("labels", np.minimum(load("labels"), 1))
del record["images"]["classes"][2]
PYTHON
notes fine "Nothing looks wrong"
edit gone <<'PYTHON'
record["images"]["folder"] = work + "/no-such"
PYTHON
notes gone "There are no pictures."
cp -r "$work/images" "$work/changed-images"
rm "$work/changed-images/bright/03.png" "$work/changed-images/bright/07.png"
cp "$work/changed-images/bright/04.png" "$work/changed-images/bright/new.png"
edit changed <<'PYTHON'
record["images"]["folder"] = work + "/changed-images"
PYTHON
notes changed "2 samples are gone, 1 image is new."
edit bare <<'PYTHON'
record = {}
PYTHON
notes bare "run.json does not name the folder of the images"
edit used <<'PYTHON'
save("curves", load("curves")[[0, 2, 4]])
record["levels used"] = [0, 2, 4]
PYTHON
notes used "saw each of them at 3 levels"

# A thousand classes, one sample at only one level: pages that open, of a size that a browser takes.
"$PYTHON" - "$work" <<'PYTHON' || die "the large run cannot be made"
import json, os, sys
import numpy as np
for name, classes, each, levels in (("thousand", 1000, 7, 50), ("one", 1, 1, 1)):
    run = f"{sys.argv[1]}/{name}"
    os.makedirs(run)
    labels = np.repeat(np.arange(classes), each)
    curves = np.random.default_rng(2).random((levels, len(labels))).astype(np.float32)
    np.save(f"{run}/scores.npy", curves.mean(axis=0))
    np.save(f"{run}/curves.npy", curves)
    np.save(f"{run}/labels.npy", labels)
    open(f"{run}/samples.txt", "w").writelines(f"class{label}/{i}.png\n" for i, label in enumerate(labels))
    json.dump({"observe": "confidence"}, open(f"{run}/run.json", "w"))
PYTHON
runs report "$work/thousand" --out "$work/thousand.html"
runs report "$work/one" --out "$work/one.html"
python <<'PYTHON'
import os, sys
from page import Page
page, one = (Page(f"{sys.argv[1]}/{name}.html") for name in ("thousand", "one"))
assert {f"class{i}" for i in range(1000)} <= {row[0] for row in page.rows}
assert "48 of 1,000 classes are shown" in page.text and page.images == 0
assert os.path.getsize(f"{sys.argv[1]}/thousand.html") < 3e6
assert "1 sample of 1 class: class0" in one.text
PYTHON

out=$work/out/page.html
run=$work/run
fails 2 "RUN must come first" report
fails 2 "RUN must come first" report --out "$out"
fails 2 "--out is missing" report "$run"
fails 2 "extra" report "$run" extra --out "$out"
fails 2 "--gamma 1" report "$run" --gamma 1 --out "$out"
fails 2 "--colour" report "$run" --colour --out "$out"
fails 1 "no-run/run.json" report "$work/no-run" --out "$out"
fails 1 "missing" report "$run" --out "$work/missing/page.html"
fails 1 "$work/out" report "$run" --out "$work/out"
fails 1 "no.npy" report "$run" --select "$work/no.npy" --out "$out"

# broken NAME TEXT <script : that run ends with the text.
broken() {
    edit "$1"
    fails 1 "$2" report "$work/$1" --out "$out"
}
broken text "run.json: not the record of a run" <<'PYTHON'
record["images"] = "a folder"
PYTHON
broken numbers "not the record of a run" <<'PYTHON'
record["encoder"]["file"] = 3
PYTHON
broken classes '"classes" is not a list' <<'PYTHON'
record["images"]["classes"] = {}
PYTHON
broken skipped 'entry 0 of "skipped"' <<'PYTHON'
record["images"]["skipped"] = ["a.png"]
PYTHON
broken timings 'the timing "naps"' <<'PYTHON'
record["timings"]["naps"] = "long"
PYTHON
broken levels "4 levels, where curves.npy has 5" <<'PYTHON'
del record["masking"]["levels"][4]
PYTHON
broken level "no capacity of level 1 of those used" <<'PYTHON'
record["levels used"] = [0, 5, 2, 3, 4]
PYTHON
broken fewer "labels.npy: 61 labels" <<'PYTHON'
save("labels", load("labels")[1:])
PYTHON
broken beyond "label 3 of sample 61 is not one of 3 classes" <<'PYTHON'
save("labels", load("labels") + (np.arange(62) == 61))
PYTHON
broken nan "the score of sample 5 is not finite" <<'PYTHON'
save("scores", np.where(np.arange(62) == 5, np.nan, load("scores")).astype(np.float32))
PYTHON
broken infinite "an observation at level 2 is not finite" <<'PYTHON'
curves = load("curves")
curves[2, 9] = np.inf
save("curves", curves)
PYTHON
broken narrow "curves of 60 samples" <<'PYTHON'
save("curves", load("curves")[:, 2:])
PYTHON
broken counts "count 6 of sample 4 is not one of 0 to 5 levels" <<'PYTHON'
save("correct", np.where(np.arange(62) == 4, 6, 1).astype(np.int32))
PYTHON
cp -r "$run" "$work/cut"
head -c 300 "$run/run.json" >"$work/cut/run.json"
fails 1 "run.json: not JSON" report "$work/cut" --out "$out"
cp -r "$run" "$work/lines"
head -n 60 "$run/samples.txt" >"$work/lines/samples.txt"
fails 1 "samples.txt: 60 lines" report "$work/lines" --out "$out"
"$PYTHON" -c 'import numpy, sys; numpy.save(sys.argv[1] + "/62.npy", [3, 62]); numpy.save(sys.argv[1] + "/twice.npy", [3, 4, 3])' "$work"
fails 1 "index 62 is not one of the 62 samples" report "$run" --select "$work/62.npy" --out "$out"
fails 1 "index 3 occurs twice" report "$run" --select "$work/twice.npy" --out "$out"
echo "$checks checks"
