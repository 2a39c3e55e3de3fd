# examples.sh - every C example that needs libdlc alone compiles as its first comment says, and runs. (MPI: check-examples.)
. test/support/cli.sh

for example in examples/*.c; do
    grep -q '<mpi.h>' "$example" && continue
    checks=$((checks + 1))
    name=$(basename "$example" .c)
    ${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror -Iinclude ${CFLAGS:-} "$example" -L"$BUILD" -ldlc -lm \
        -Wl,-rpath,"$(cd "$BUILD" && pwd)" -o "$work/$name" || die "$example does not compile"
    "$work/$name" >"$work/stdout" || die "$example fails"
    [ -s "$work/stdout" ] || die "$example prints nothing"
done
echo "$checks checks"
