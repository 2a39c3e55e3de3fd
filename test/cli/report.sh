# report.sh - `dlc report`: one self-contained page, whatever names hold; what it says against NumPy; notes; wrong uses.
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
hostile = [b'<script src="x.js">.png', b'a&amp;"b\'.png', b"\xff\xfe broken.png", b"\xe2\x80\xae turned.png",
           b"tab\there.png"]
for folder, count in ((b"bright", 40), (b"dark & <b>", 21), (b"lone", 1)):
    os.makedirs(work + b"/images/" + folder)
    for i in range(count):
        name = hostile[i] if folder[:1] == b"d" and i < len(hostile) else b"%02d.png" % i
        pixels = rng.integers(0, 256, (28, 28)).astype(np.uint8) >> (folder[:1] == b"d")
        png(work + b"/images/" + folder + b"/" + name, pixels)
os.makedirs(work + b"/photos/one")
for name, height, width in ((b"a", 300, 200), (b"b", 120, 401), (b"c", 97, 96)):
    png(work + b"/photos/one/%b.png" % name, rng.integers(0, 256, (height, width)).astype(np.uint8))
open(work + b"/photos/one/!cut.png", "wb").write(open(work + b"/photos/one/a.png", "rb").read()[:200])
PYTHON
runs score --encoder $encoder --images "$work/images" --out-dir "$work/run" --schedule geometric:0.1x5
runs select --run "$work/run" --keep 0.4 --gamma 0.37 --out "$work/pick.npy"
rm "$work/run/correct.npy" # as before there was one; where it matters the variants below have their own

# The run as it would be if something were different or wrong, each in a folder of its own.
"$PYTHON" - "$work" <<'PYTHON' || die "the variants cannot be made"
import json, shutil, sys
import numpy as np
work = sys.argv[1]


def variant(name, record=None, **arrays):
    """The run with another record or arrays; an array is a function of the one there was, or of None."""
    run = f"{work}/{name}"
    shutil.copytree(f"{work}/run", run)
    if record:
        content = json.load(open(f"{run}/run.json"))
        content = record(content) or content
        json.dump(content, open(f"{run}/run.json", "w"))
    kinds = {"labels": np.int64, "correct": np.int32, "scores": np.float32, "curves": np.float32}
    for array, change in arrays.items():
        old = None if array == "correct" else np.load(f"{run}/{array}.npy")
        np.save(f"{run}/{array}.npy", change(old).astype(kinds[array]))


def put(value, *keys):
    """A change of a record: the value at the end of the keys; None: nothing there."""
    def change(record):
        for key in keys[:-1]:
            record = record[key]
        if value is None:
            del record[keys[-1]]
        else:
            record[keys[-1]] = value
    return change


n = np.arange(62)
variant("counted", put([{"path": "bright/a<b.png", "reason": "cut short"}], "images", "skipped"),
        correct=lambda _: n % 6)
variant("flat", scores=lambda s: 1.5 + 1e-5 * s)
variant("tied", scores=lambda s: np.round(s, 1))
variant("mixed", correct=lambda _: n % 3)
variant("few", correct=lambda _: np.minimum(n % 11, 5))
variant("single", put([{"name": "all", "samples": 62}], "images", "classes"), labels=lambda y: y * 0)
variant("fine", put(None, "images", "classes", 2), labels=lambda y: np.minimum(y, 1), correct=lambda _: n * 0 + 5)
variant("gone", put(f"{work}/no-such", "images", "folder"))
variant("changed", put(f"{work}/changed-images", "images", "folder"))
variant("bare", lambda record: record.clear())
variant("used", put([0, 2, 4], "levels used"), curves=lambda c: c[[0, 2, 4]])

rounds = [{"levels": 2, "spearman": None}, {"levels": 3, "spearman": 0.97}, {"levels": 5, "spearman": 0.998}]
variant("unsettled", put({"agreement": 0.999, "rounds": rounds}, "automatic"))
variant("settled", put({"agreement": 0.99, "rounds": rounds}, "automatic"))

variant("text", put("a folder", "images"))
variant("numbers", put(3, "encoder", "file"))
variant("classes", put({}, "images", "classes"))
variant("skipped", put(["a.png"], "images", "skipped"))
variant("timings", put("long", "timings", "naps"))
variant("rounds", put({"agreement": 0.99, "rounds": [{"levels": "all"}]}, "automatic"))
variant("mean", put(["0.5"], "images", "transform", "mean"))
variant("size", put(10**18, "images", "transform", "size"))
variant("crop", put(-1, "images", "transform", "crop"))
grown = {"size": 65535, "crop": 65535, "interpolation": "bilinear", "mean": [0.0], "std": [1.0]}
variant("grown", put(grown, "images", "transform"))
variant("tall", put({**grown, "crop": 0}, "images", "transform"))
variant("levels", put(None, "masking", "levels", 4))
variant("level", put([0, 5, 2, 3, 4], "levels used"))
variant("fewer", labels=lambda y: y[1:])
variant("beyond", labels=lambda y: y + (n == 61))
variant("nan", scores=lambda s: np.where(n == 5, np.nan, s))
variant("infinite", curves=lambda c: np.where((n == 9) & (np.arange(5)[:, None] == 2), np.inf, c))
variant("narrow", curves=lambda c: c[:, 2:])
variant("counts", correct=lambda _: np.where(n == 4, 6, 1))
variant("cut")
variant("lines")
record = open(f"{work}/run/run.json").read()
open(f"{work}/cut/run.json", "w").write(record[:300])
lines = open(f"{work}/run/samples.txt", "rb").read().splitlines(keepends=True)
open(f"{work}/lines/samples.txt", "wb").writelines(lines[:60])
np.save(f"{work}/62.npy", [3, 62])
np.save(f"{work}/twice.npy", [3, 4, 3])



def other(name, curves, labels, paths, record):
    """Another run, of which only the first one's names of files are used."""
    variant(name, lambda _: record)
    for array, data in (("scores", curves.mean(axis=0)), ("curves", curves), ("labels", labels)):
        np.save(f"{work}/{name}/{array}.npy", data)
    open(f"{work}/{name}/samples.txt", "w").writelines(f"{path}\n" for path in paths)


# A thousand classes; one sample at one level; images larger than a thumbnail, of several sizes, one of them broken.
curves, labels = np.random.default_rng(2).random((50, 7000), np.float32), np.repeat(np.arange(1000), 7)
paths = [f"class{label}/{i}.png" for i, label in enumerate(labels)]
other("thousand", curves, labels, paths, {"observe": "confidence"})
np.save(f"{work}/thousand/correct.npy", np.random.default_rng(3).integers(0, 5, 7000).astype(np.int32))
other("one", curves[:1, :1], labels[:1], ["class0/0.png"], {"observe": "confidence"})
images = {"folder": f"{work}/photos", "channels": 1, "height": 224, "width": 224,
          "transform": {"size": 256, "crop": 224}}
other("photo", curves[:, :3] * 0 + np.arange(3, dtype=np.float32), labels[:3], ["one/a.png", "one/b.png", "one/c.png"],
      {"images": {**images, "skipped": [{"path": "one/!cut.png", "reason": "cut off"}]}})
PYTHON
runs report "$work/counted" --select "$work/pick.npy" --gamma 0.37 --out "$work/page.html"
runs report "$work/counted" --quiet --out "$work/page.html" --gamma 0.37 --select "$work/pick.npy"
cp "$work/page.html" "$work/again.html"
runs report "$work/counted" --select "$work/pick.npy" --gamma 0.37 --out "$work/page.html"
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
import base64, json, re, sys
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
    cut = round(0.37 * len(members))
    classes, selection = tables[name]
    mean = f"{scores[members].mean(dtype=np.float64):.{decimals}f}"
    right = f"{100 * correct[members].mean() / 5:.1f} %"
    assert classes == [str(len(members)), mean, "", right, str((correct[members] == 0).sum())], (name, classes)
    count = kept[members].sum()
    mean_kept = f"{scores[members[kept[members]]].mean(dtype=np.float64):.{decimals}f}" if count else "–"
    easy, hard = (str(kept[part].sum()) for part in (members[:cut], members[cut:]))
    share = f"{100 * count / len(members):.1f} %"
    assert selection == [str(len(members)), str(count), share, easy, hard, "", mean, mean_kept], (name, selection)
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

# The drawings: their coordinates are the means of the curves and the counts of the bars, but for scale and shift.
html = open(f"{work}/page.html", encoding="utf-8").read()


def fits(drawn, numbers):
    scale, shift = np.polyfit(numbers, drawn, 1)
    return np.abs(scale * np.asarray(numbers) + shift - drawn).max() < 0.06


curves, ranking = np.load(f"{work}/run/curves.npy").astype(np.float64), np.argsort(scores, kind="stable")
capacities = [level["capacity"] for level in json.load(open(f"{work}/run/run.json"))["masking"]["levels"]]
drawn = {name: np.array([point.split(",") for point in points.split()], float)
         for name, points in re.findall(r'<polyline class="curve (\w+)" points="([^"]*)"', html)}
groups = {"hard": ranking[-6:], "all": ranking, "easy": ranking[:6]}
chart = html[html.index("Mean curves over"):html.index("Scores by class")]
ticks = {anchor: np.array([(x, y, value) for x, y, at, value in
                           re.findall(r'<text x="([\d.]+)" y="([\d.]+)" text-anchor="(\w+)">([\d.]+)<', chart)
                           if at == anchor], float) for anchor in ("middle", "end")}
x_ticks, y_ticks = ticks["middle"], ticks["end"]
assert len(x_ticks) > 2 and len(y_ticks) > 2
for name, members in groups.items():
    assert fits(np.append(drawn[name][:, 0], x_ticks[:, 0]), np.append(100 * np.array(capacities), x_ticks[:, 2])), name
    means = curves[:, members].mean(axis=1)
    assert fits(np.append(drawn[name][:, 1], y_ticks[:, 1] - 4), np.append(means, y_ticks[:, 2])), name
    assert (np.diff(drawn[name][:, 0]) > 0).all()

chart = html[html.index("Histogram of all scores"):html.index("Mean curves over")]
bars = [re.findall(r"M([\d.]+),([\d.]+)V([\d.]+)", path)
        for path in re.findall(r'<path class="all[^"]*" d="([^"]*)"', chart)]
first, last = scores[ranking[0]], scores[ranking[-1]]
places = np.clip(((scores.astype(np.float64) - first) / (float(last) - first) * 8).astype(int), 0, 7)
for part, members in zip(bars, (kept, ~kept)):
    counts = np.bincount(places[members], minlength=8)
    heights = np.array([float(base) - float(top) for _, base, top in part])
    assert fits(heights, counts[counts > 0]), (heights, counts)

# The notes.
assert "bright/a<b.png (cut short)" in page.text
assert "Classes of one sample: lone." in page.text and "Many samples lie with another class." in page.text
assert "11 (17.7\xa0%) lie nearer to another class’s centroid at every level" in page.text
assert "correct.npy" in plain.text and "other class" not in plain.text
assert "kept" not in plain.text.lower() and "What the selection keeps" not in plain.text
PYTHON

# What looks wrong is said.
cp -r "$work/images" "$work/changed-images"
rm "$work/changed-images/bright/03.png" "$work/changed-images/bright/07.png"
cp "$work/changed-images/bright/04.png" "$work/changed-images/bright/new.png"
for name in flat tied mixed few single fine gone changed bare used unsettled settled thousand one photo; do
    runs report "$work/$name" --out "$work/$name.html"
done
python <<'PYTHON'
import os, sys
import numpy as np
from page import Page
notes = {
    "flat": "The scores are nearly flat.",
    "tied": "Many scores are the same.",
    "mixed": "The centroids barely separate the classes.",
    "single": "There is only one class.",
    "fine": "Nothing looks wrong",
    "gone": "There are no pictures.",
    "changed": "2 samples are gone, 1 image is new.",
    "bare": "run.json does not name the folder of the images",
    "few": "Some samples look mislabelled. 6 (9.7\xa0%)",
    "used": "saw each of them at 3 levels",
    "unsettled": "The last two rounds agree to 0.99800, below 0.999, so every one of 5 levels was visited",
    "settled": "within classes of at least 0.99, which was 0.97000 after 3 levels, 0.99800 after 5 levels.",
    "thousand": "48 of 1,000 classes are shown",
    "one": "1 sample of 1 class: class0",
}
pages = {name: Page(f"{sys.argv[1]}/{name}.html") for name in notes}
for name, note in notes.items():
    assert note in pages[name].text, (name, pages[name].text[:3000])
    assert name == "fine" or "Nothing looks wrong" not in pages[name].text, name
assert {f"class{i}" for i in range(1000)} <= {row[0] for row in pages["thousand"].rows}
assert os.path.getsize(f"{sys.argv[1]}/thousand.html") < 3e6
wrong = (np.load(f"{sys.argv[1]}/thousand/correct.npy").reshape(1000, 7) == 0).sum(axis=1)
worst = ", ".join(f"class{c} {wrong[c]} of 7" for c in np.argsort(-wrong, kind="stable")[:8])
assert f"By class: {worst} and {(wrong > 0).sum() - 8} more. The hardest" in pages["thousand"].text, worst
assert "did not settle" not in pages["settled"].text and "automatic" not in pages["used"].text
assert pages["gone"].images == 0 and pages["changed"].images > 0
PYTHON

# The pixels shown: of small images the sample's own; of large ones what the encoder saw of them, as Pillow shrinks it.
"$PYTHON" -c 'import PIL' 2>/dev/null && python <<'PYTHON'
import base64, io, re, sys
import numpy as np
from PIL import Image
work = sys.argv[1]


def pictures(page):
    html = open(f"{work}/{page}.html", encoding="utf-8").read()
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for data in re.findall(r'base64,([^"]*)"', html)]


scores, labels = np.load(f"{work}/run/scores.npy"), np.load(f"{work}/run/labels.npy")
easiest = np.flatnonzero(labels == 0)[np.argmin(scores[labels == 0])]
path = open(f"{work}/run/samples.txt", "rb").read().splitlines()[easiest]
assert (pictures("page")[0] == np.asarray(Image.open(f"{work}/images/".encode() + path))).all()
shown = pictures("photo")
assert len(shown) == 3
for picture, name in zip(shown, "abc"):
    image = Image.open(f"{work}/photos/one/{name}.png")
    width, height = (110 if side == min(image.size) else int(110 * side / min(image.size)) for side in image.size)
    left, top = round((width - 96) / 2), round((height - 96) / 2)
    small = image.resize((width, height), Image.BILINEAR).crop((left, top, left + 96, top + 96))
    assert np.abs(picture.astype(int) - np.asarray(small)).max() <= 1, name
PYTHON

# The command that the page gives repeats the run.
runs score --encoder $encoder --images "$work/images" --out-dir "$work/odd 'run'" --schedule auto --agreement 0.5 \
    --include "*conv*" --include "fc*" --exclude "layer1*" --criterion random --seed 7 --observe margin --crop 26 \
    --interpolation bicubic --mean 0.25 --std 0.5 --skip-broken
runs report "$work/odd 'run'" --out "$work/odd.html"
python "$dlc" <<'PYTHON'
import filecmp, json, shlex, subprocess, sys
from page import Page
work, dlc = sys.argv[1:]
text = Page(f"{work}/odd.html").text
commands = text[text.index("dlc score"):text.index("The whole record")]
score, report = commands.replace("\\\n", " ").split("dlc report")
words = shlex.split(score)[1:]
assert words[-2:] == ["--out-dir", f"{work}/odd 'run'"] and shlex.split(report)[0] == words[-1]
subprocess.run([dlc, *words[:-1], f"{work}/odd again"], check=True)
for name in ("scores.npy", "curves.npy", "samples.txt", "labels.npy", "correct.npy"):
    assert filecmp.cmp(f"{work}/odd 'run'/{name}", f"{work}/odd again/{name}", shallow=False), name
before, after = (json.load(open(f"{work}/{name}/run.json")) for name in ("odd 'run'", "odd again"))
del before["timings"], after["timings"]
assert before == after
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
fails 1 "$work/out: not a regular file" report "$run" --out "$work/out"
fails 1 "/dev/null: not a regular file" report "$run" --out /dev/null
fails 1 "no.npy" report "$run" --select "$work/no.npy" --out "$out"

# broken NAME TEXT : that run ends with the text.
broken() {
    fails 1 "$2" report "$work/$1" --out "$out"
}
broken text "run.json: not the record of a run"
broken numbers "not the record of a run"
broken classes '"classes" is not a list'
broken skipped 'entry 0 of "skipped"'
broken timings 'the timing "naps"'
broken rounds 'entry 0 of "rounds"'
broken mean 'entry 0 of "mean"'
broken size '"size" is 1000000000000000000, not in 0 to 65535'
broken crop '"crop" is -1, not in'
broken levels "no capacity of level 4 of those used"
broken level "no capacity of level 1 of those used"
broken fewer "labels.npy: 61 labels"
broken beyond "label 3 of sample 61 is not one of 3 classes"
broken nan "the score of sample 5 is not finite"
broken infinite "an observation at level 2 is not finite"
broken narrow "curves of 60 samples"
broken counts "count 6 of sample 4 is not one of 0 to 5 levels"
broken cut "run.json: not JSON"
broken lines "samples.txt: 60 lines"
# Sizes that a record makes up cost no memory.
"$PYTHON" - "$dlc" "$work" <<'PYTHON' || die "sizes that are made up"
import resource, subprocess, sys
dlc, work = sys.argv[1:]
page = lambda run: subprocess.run([dlc, "report", f"{work}/{run}", "--out", f"{work}/out/{run}.html"], check=True)
peak = lambda: resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
page("run")
before = peak()
page("grown")
page("tall")
assert peak() < before + 50_000, f"{before} KB, then {peak()} KB"
PYTHON
# A command that opened them as they are would wait for a writer.
for file in run.json samples.txt; do
    mkdir "$work/fifo-$file"
    cp "$work/run"/* "$work/fifo-$file"
    rm "$work/fifo-$file/$file"
    mkfifo "$work/fifo-$file/$file"
    broken "fifo-$file" "$file: not a regular file"
done
fails 1 "samples.txt: not a regular file" select --run "$work/fifo-samples.txt" --keep 0.5 --out "$work/out/i.npy" \
    --list "$work/out/names.txt"
fails 1 "index 62 is not one of the 62 samples" report "$run" --select "$work/62.npy" --out "$out"
fails 1 "index 3 occurs twice" report "$run" --select "$work/twice.npy" --out "$out"
echo "$checks checks"
