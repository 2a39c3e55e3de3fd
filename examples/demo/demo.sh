#!/bin/sh
# demo.sh FOLDER - the main job on real images, called by `make demo` from the top of the repo.
#
# 5000 Fashion-MNIST images of five classes, laid out as PNG class folders, are scored with a small ResNet that was
# pre-trained on the five other classes; FlexRand keeps 30 %. Prints where the time went, a table per class, the easiest and
# the hardest, and writes a contact sheet and a report to open in a browser. $BUILD: where the build is; $PYTHON: an
# interpreter with NumPy and Pillow.
set -eu
demo=$1
dlc=$BUILD/dlc
mkdir -p "$demo"

show() {
    printf '\n$ %s\n' "$*"
    "$@"
}

show "$PYTHON" examples/demo/fashion_folders.py "$demo/images"
show "$dlc" score --encoder examples/demo/fashion_resnet.safetensors --images "$demo/images" --out-dir "$demo/run"
show "$dlc" select --run "$demo/run" --keep 0.3 --out "$demo/pick.npy" --list "$demo/pick.txt"
show "$PYTHON" examples/demo/summary.py "$demo/run" "$demo/images" "$demo/pick.npy" "$demo/sheet.png"
show "$dlc" report "$demo/run" --select "$demo/pick.npy" --out "$demo/report.html"
printf '\nkept samples:  %s\ncontact sheet: %s\nreport:        %s\n' "$demo/pick.txt" "$demo/sheet.png" "$demo/report.html"
