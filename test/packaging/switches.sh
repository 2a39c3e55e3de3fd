# switches.sh - what WITH_IMAGE=0 and WITH_ENCODER=0 (in the environment) promise: the library and the command need no
# library of a module that is left out, and the command says so where it is asked for one. The same checks in every build.
. test/support/cli.sh

# needs FILE NAME...: the shared libraries that FILE asks for, by the start of their names, are these and libc.
needs() {
    checks=$((checks + 1))
    file=$1
    shift
    wanted=$(printf '%s\n' libc "$@" | sort | tr '\n' ' ')
    # A sanitizer's library is none of ours.
    got=$(readelf -d "$file" | sed -n 's/.*(NEEDED).*\[\([a-zA-Z]*\).*/\1/p' | grep -v 'san$' | sort | tr '\n' ' ')
    [ "$got" = "$wanted" ] || die "$file needs $got, expected $wanted"
}

codecs=
blas=
[ "$WITH_IMAGE" = 0 ] || codecs=libpng
[ "$WITH_ENCODER" = 0 ] || blas=libopenblas
needs "$BUILD/libdlc.so" libm libjansson $blas $codecs ${codecs:+libjpeg}
needs "$dlc" libdlc libm libjansson libxxhash $blas $codecs

mkdir "$work/run"
python <<'PYTHON'
import sys
import numpy as np
run = f"{sys.argv[1]}/run"
np.save(f"{run}/scores.npy", np.arange(4, dtype=np.float32))
np.save(f"{run}/curves.npy", np.tile(np.arange(4, dtype=np.float32), (2, 1)))
np.save(f"{run}/labels.npy", np.array([0, 0, 1, 1]))
open(f"{run}/samples.txt", "w").write("a/0.png\na/1.png\nb/0.png\nb/1.png\n")
open(f"{run}/run.json", "w").write('{"images": {"folder": "%s/no-such"}}' % run)
PYTHON
score="score --encoder $work/no-such.safetensors --images $work/run --out-dir $work/out/run"
if [ "$WITH_ENCODER" = 0 ]; then
    fails 2 "this build of libdlc has no encoder module" $score
elif [ "$WITH_IMAGE" = 0 ]; then
    fails 2 "this build of libdlc has no image module" $score
else
    fails 1 "no-such.safetensors" $score
fi
runs report "$work/run" --out "$work/report.html"
problem="no-such"
[ "$WITH_IMAGE" = 0 ] && problem="this build of libdlc has no image module"
grep -q "$problem" "$work/report.html" || die "the report does not say why it has no pictures"
echo "$checks checks"
