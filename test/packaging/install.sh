# install.sh - what `make install` puts there serves C, C++ and CMake programs, shared and static, from where it was
# installed and from where it was moved to; and `make uninstall` leaves nothing.
. test/support/cli.sh
LC_ALL=C
export LC_ALL
source=$(pwd)
version=$(sed -n 's/^#define DLC_VERSION_[MP][A-Z]* *\([0-9]*\)$/\1/p' include/dlc/base.h | paste -sd.)

# make_in TARGET VARIABLE...: make in this build, in silence.
make_in() {
    MAKEFLAGS='' WERROR='' make -s "$@" BUILD="$BUILD" CC="$CC" CFLAGS="$CFLAGS" WITH_IMAGE="$WITH_IMAGE" \
        WITH_ENCODER="$WITH_ENCODER" >"$work/log" 2>&1 || die "make $*: $(cat "$work/log")"
}

# passes WHAT COMMAND...
passes() {
    checks=$((checks + 1))
    what=$1
    shift
    "$@" >"$work/log" 2>&1 || die "$what: $(cat "$work/log")"
}

# refuses WHAT COMMAND...
refuses() {
    checks=$((checks + 1))
    what=$1
    shift
    ! "$@" >"$work/log" 2>&1 || die "$what"
}

# A root as a system has it, with the folders that belong to nobody in particular.
mkdir -p "$work/system/usr/bin" "$work/system/usr/lib/pkgconfig" "$work/system/usr/lib/cmake" "$work/system/usr/include" \
    "$work/system/usr/share/man/man1" "$work/system/usr/share/doc"
(cd "$work" && find system | sort) >"$work/before"

# ---- Where it was installed: pkg-config ----

usual="PREFIX=$work/system/usr"
make_in install $usual
root=$work/system/usr
export PKG_CONFIG_PATH="$root/lib/pkgconfig"
for file in bin/dlc lib/libdlc.a lib/libdlc.so lib/libdlc.so.1 "lib/libdlc.so.$version" include/dlc/dlc.h \
    share/man/man1/dlc.1 share/doc/libdlc/abi.md share/doc/libdlc/LICENSE; do
    passes "$file is not installed" test -f "$root/$file"
done
refuses "an installed file names the build folder" grep -rqF "$source" "$root/lib/pkgconfig" "$root/lib/cmake"
passes "the installed command does not run" "$root/bin/dlc" --version
passes "pkg-config knows another version" test "$(pkg-config --modversion libdlc)" = "$version"
passes "a shared program does not build" $CC -std=c11 $CFLAGS examples/mask_thresholds.c $(pkg-config --cflags --libs libdlc) -lm \
    -o "$work/shared"
passes "a shared program does not run" env LD_LIBRARY_PATH="$root/lib" "$work/shared"
passes "a shared program needs more than libdlc" test \
    "$(readelf -d "$work/shared" | grep NEEDED | grep -vc 'libdlc.so.1\|libm.so\|libc.so')" = 0

# A program that uses every function, without a single shared library.
sed 's/\(.*\) .*/FUNCTION(\1)/' test/abi/libdlc-1.0.symbols >"$work/functions.h"
passes "a static program does not build" $CC -std=c11 $CFLAGS -static -I"$work" test/abi/consumer.c \
    $(pkg-config --static --cflags --libs libdlc) -o "$work/static"
passes "a static program does not run" "$work/static"
refuses "a static program has shared libraries" ldd "$work/static"

# ---- CMake, where it was installed and where it was moved to ----

# configure VARIABLE=FOLDER WANTED: in a fresh folder; the variable says where libdlc is to be found.
configure() {
    rm -rf "$work/cmake"
    cmake -S test/packaging/consumer -B "$work/cmake" -D "$1" -D WANTED="$2" -D EXAMPLES="$source/examples" \
        -D CMAKE_C_FLAGS="$CFLAGS" -D CMAKE_CXX_FLAGS="$CFLAGS"
}

build_and_run() {
    passes "CMake cannot use $1" configure "$1" 1.0
    passes "a CMake project does not build" cmake --build "$work/cmake"
    for program in thresholds_shared thresholds_static consumer; do
        passes "$program does not run" "$work/cmake/$program"
    done
}

build_and_run CMAKE_PREFIX_PATH="$root"
for wanted in 0.9 1.999 2.0; do
    refuses "CMake takes $version for $wanted" configure CMAKE_PREFIX_PATH="$root" $wanted
done
make_in uninstall $usual
(cd "$work" && find system | sort) >"$work/after"
passes "uninstall does not leave what was there before: $(diff "$work/before" "$work/after")" \
    cmp "$work/before" "$work/after"

# Staged for a package, in folders as distributions have them; used from there, as if the tree had been moved.
staged="DESTDIR=$work/stage PREFIX=/usr LIBDIR=/usr/lib/machine INCLUDEDIR=/usr/include/machine DOCDIR=/usr/share/doc/dlc"
make_in install $staged
mv "$work/stage" "$work/moved"
export PKG_CONFIG_PATH="$work/moved/usr/lib/machine/pkgconfig"
build_and_run dlc_DIR="$work/moved/usr/lib/machine/cmake/dlc"
passes "the moved command does not run" "$work/moved/usr/bin/dlc" --version
passes "a program does not build against the moved tree" $CC -std=c11 $CFLAGS examples/mask_thresholds.c \
    $(pkg-config --define-variable=prefix="$work/moved/usr" --cflags --libs libdlc) -lm -o "$work/shared"
mv "$work/moved" "$work/stage"
make_in uninstall $staged
passes "uninstall leaves files: $(find "$work/stage" ! -type d)" test -z "$(find "$work/stage" ! -type d)"
passes "uninstall leaves folders of its own" test -z "$(find "$work/stage" -name '*dlc*')"
echo "$checks checks"
