# examples.sh - every C example compiles as its first comment says, and runs.
. test/support/cli.sh

for example in examples/*.c; do
    checks=$((checks + 1))
    name=$(basename "$example" .c)
    ${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror -Iinclude ${CFLAGS:-} "$example" -L"$BUILD" -ldlc -lm \
        -Wl,-rpath,"$(cd "$BUILD" && pwd)" -o "$work/$name" || die "$example does not compile"
    "$work/$name" >"$work/stdout" || die "$example fails"
    [ -s "$work/stdout" ] || die "$example prints nothing"
done
echo "$checks checks"
