#!/bin/sh
# kill_resume.sh [KILLS [SEED]] - kill -9 at KILLS random moments (else $KILLS, or 20) of the demo's run, which goes on every
# time, and ends in the files of a run that was never stopped (G5). From the top of the repo, after `make all`; $BUILD and
# $PYTHON as in the Makefile. Makes the demo's images, if `make demo` has not: that needs its packages.
set -eu
BUILD=${BUILD:-build}
PYTHON=${PYTHON:-/usr/bin/python3}
images=$BUILD/demo/images
mkdir -p "$BUILD/demo"
[ -d "$images" ] || "$PYTHON" examples/demo/fashion_folders.py "$images" >/dev/null
exec "$PYTHON" test/torture/kill_resume.py "$BUILD/dlc" examples/demo/fashion_resnet.safetensors "$images" \
    "$BUILD/torture/kill_resume" "${1:-${KILLS:-20}}" "${2:-1}"
