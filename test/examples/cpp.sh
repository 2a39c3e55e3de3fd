# cpp.sh - dlc.hpp wraps every function and compiles without a warning; its tests pass, under sanitizers too; and the C++
# pipeline computes the golden scores.
. test/support/installed.sh
CXX=${CXX:-c++}

# A new function of the C API is new here too. (What a class does by itself is not a method.)
grep -ohE '^DLC_API.*\bdlc_[a-z0-9_]+\(' include/dlc/*.h | grep -oE 'dlc_[a-z0-9_]+\(' | tr -d '(' | sort -u >"$work/functions"
while read -r function; do
    checks=$((checks + 1))
    grep -qE "\b$function\b" examples/cpp/dlc.hpp || die "examples/cpp/dlc.hpp does not know $function()"
done <"$work/functions"

for compiler in "$CXX" clang++; do
    command -v ${compiler##* } >/dev/null || continue
    for standard in 17 20; do
        for file in examples/cpp/pipeline.cpp test/examples/dlc_hpp_*_tests.cpp; do
            checks=$((checks + 1))
            $compiler -std=c++$standard $warnings -I"$prefix/include" -Iexamples/cpp -fsyntax-only $file ||
                die "$file: $compiler, C++$standard"
        done
    done
done

# Sanitizers see the library's memory as well: they replace malloc().
for sanitizers in "" "-fsanitize=address,undefined -fno-sanitize-recover=all"; do
    for file in test/examples/dlc_hpp_*_tests.cpp; do
        $CXX -std=c++17 -O1 -g $warnings $sanitizers -Iexamples/cpp $file $(pkg-config --cflags --libs libdlc) -pthread \
            -o "$work/tests" || die "$file does not compile"
        ends 0 tests "$work"
        checks=$((checks + $(cut -d ' ' -f 1 "$work/stdout")))
    done
done

builds examples/cpp/pipeline.cpp "$CXX"
for case in a b; do
    mkdir -p "$work/$case"
    ends 0 pipeline test/golden/$case 0.3 "$work/$case/scores.npy" "$work/$case/pick.npy"
    prints " samples kept"
done
# Golden case b has a schedule of its own: its scores are the twin's.
python <<'PYTHON'
import sys
import numpy as np
import twin
for case in "ab":
    x, w1, w2, labels = (np.load(f"test/golden/{case}/{name}.npy") for name in ("x", "w1", "w2", "labels"))
    features = [np.maximum(x @ a.T, 0) @ b.T for _, _, (a, b) in twin.masked([w1, w2], 0.02, 50)]
    scores, pick = (np.load(f"{sys.argv[1]}/{case}/{name}.npy") for name in ("scores", "pick"))
    assert np.abs(scores - twin.scores(features, labels)).max() <= 1e-5
    assert case == "b" or np.abs(scores - np.load("test/golden/a/score.npy")).max() <= 1e-6
    assert len(pick) == round(0.3 * len(labels)) and (np.diff(pick) > 0).all()
PYTHON
ends 1 pipeline test/golden 0.3 "$work/no.npy" "$work/no.npy"
grep -q "test/golden/w1.npy\|test/golden/x.npy" "$work/stderr" || die "pipeline: $(cat "$work/stderr")"
echo "$checks checks"
