# Makefile of libdlc. `make help` lists the targets. Everything that is made lies in build/.
#
# Variables to set on the command line:
#   CC, CFLAGS, LDFLAGS   compiler and flags of the user's own; what the code needs is added to them
#   BUILD                 where to build (build)
#   PREFIX, LIBDIR, INCLUDEDIR, BINDIR, DESTDIR   where to install (/usr/local)
#   PYTHON                the interpreter that has Debian's numpy (/usr/bin/python3)
#   WERROR=1              warnings are errors

CC      ?= cc
CFLAGS  ?= -O3 -g
BUILD   ?= build
PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
BINDIR  ?= $(PREFIX)/bin
PYTHON  ?= /usr/bin/python3

version_part = $(shell sed -n 's/^\#define DLC_VERSION_$(1) *\([0-9]*\).*/\1/p' include/dlc/base.h)
MAJOR   := $(call version_part,MAJOR)
VERSION := $(MAJOR).$(call version_part,MINOR).$(call version_part,PATCH)

PACKAGES = gcc pkg-config libopenblas-dev libpng-dev libjpeg62-turbo-dev libjansson-dev libxxhash-dev
CHECK_PACKAGES = $(PACKAGES) check python3-numpy
DEMO_PACKAGES  = $(PACKAGES) python3-numpy python3-pil dataset-fashion-mnist
BENCH_PACKAGES = $(PACKAGES) python3-numpy python3-torch
FUZZ_PACKAGES  = $(PACKAGES) clang libclang-rt-14-dev

WARNINGS = -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wcast-qual -Wstrict-prototypes -Wmissing-prototypes -Wvla \
           -Wundef -Wformat=2 -Wwrite-strings -Wpointer-arith $(if $(WERROR),-Werror)
# Scores must not depend on what a compiler fuses: no contraction of a * b + c.
# Nobody reads errno after sqrt(): without that duty it is one instruction, and vectorises.
STANDARD = -std=c11 -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64 -ffp-contract=off -fno-math-errno -pthread
LIBRARIES = openblas libpng libjpeg jansson
# Evaluated when a recipe runs, after the packages are there.
LIBRARY_CFLAGS = $(shell pkg-config --cflags $(LIBRARIES))
LIBRARY_LIBS   = $(shell pkg-config --libs $(LIBRARIES)) -lm -pthread
# What the command needs beside libdlc.
COMMAND_LIBS   = $(shell pkg-config --libs openblas libpng jansson libxxhash) -lm -pthread
COMPILE = $(CC) $(STANDARD) $(WARNINGS) -Iinclude $(CFLAGS) -MMD -MP

LIB_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard lib/*/*.c))
SRC_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard src/*.c))
API_TESTS   := $(patsubst test/api/%.c,$(BUILD)/test/api/%,$(wildcard test/api/*_tests.c))
UNIT_TESTS  := $(patsubst test/unit/%.c,$(BUILD)/test/unit/%,$(wildcard test/unit/*_tests.c))
TEST_SUPPORT := $(patsubst %.c,$(BUILD)/%.o,$(wildcard test/support/*.c))
CLI_TESTS   := $(wildcard test/cli/*.sh)
FUZZ_TARGETS := $(patsubst test/fuzz/%.c,$(BUILD)/test/fuzz/%,$(wildcard test/fuzz/*_fuzz.c))

STATIC = $(BUILD)/libdlc.a
SHARED = $(BUILD)/libdlc.so.$(VERSION)
DLC    = $(BUILD)/dlc

.DELETE_ON_ERROR:
.PRECIOUS: $(BUILD)/%.o

## all: the library, static and shared, and the dlc command
.PHONY: all
all: $(STATIC) $(SHARED) $(DLC)

## help: this list
.PHONY: help
help:
	@sed -n 's/^## \([a-z-]*\): \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

# ---- Packages ----

# $(call install_packages,LIST): installs what is missing by apt-get; elsewhere names it.
define install_packages
	@missing=; \
	if command -v dpkg-query >/dev/null; then \
	    for package in $(1); do \
	        dpkg-query -W -f '$${Status}\n' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
	    done; \
	    if [ -n "$$missing" ]; then \
	        if [ "$$(id -u)" = 0 ]; then as_root=; elif command -v sudo >/dev/null; then as_root=sudo; \
	        else echo "please install, as root: apt-get install$$missing" >&2; exit 1; fi; \
	        echo "installing$$missing"; \
	        $$as_root apt-get update -qq && \
	        $$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null || \
	        { echo "apt-get could not install$$missing" >&2; exit 1; }; \
	    fi; \
	else \
	    echo "not a Debian system: libdlc needs the equivalents of $(1)"; \
	fi
	@mkdir -p $(@D) && touch $@
endef

$(BUILD)/packages/build:
	$(call install_packages,$(PACKAGES))
$(BUILD)/packages/check:
	$(call install_packages,$(CHECK_PACKAGES))
$(BUILD)/packages/demo:
	$(call install_packages,$(DEMO_PACKAGES))
$(BUILD)/packages/valgrind:
	$(call install_packages,$(CHECK_PACKAGES) valgrind)
$(BUILD)/packages/fuzz:
	$(call install_packages,$(FUZZ_PACKAGES))
$(BUILD)/packages/bench:
	$(call install_packages,$(BENCH_PACKAGES))

## deps: install what building, testing and the demo need (Debian packages)
.PHONY: deps
deps: $(BUILD)/packages/build $(BUILD)/packages/check $(BUILD)/packages/demo

# ---- Library and command ----

$(BUILD)/lib/%.o: lib/%.c | $(BUILD)/packages/build
	@mkdir -p $(@D)
	$(COMPILE) -Ilib $(LIBRARY_CFLAGS) -fPIC -fvisibility=hidden -c $< -o $@

$(BUILD)/src/%.o: src/%.c | $(BUILD)/packages/build
	@mkdir -p $(@D)
	$(COMPILE) $(LIBRARY_CFLAGS) -c $< -o $@

$(STATIC): $(LIB_OBJECTS)
	$(AR) rcs $@ $^

$(SHARED): $(LIB_OBJECTS) lib/libdlc.map
	$(CC) -shared $(CFLAGS) $(LDFLAGS) -Wl,-soname,libdlc.so.$(MAJOR) -Wl,--version-script=lib/libdlc.map \
	    -Wl,--no-undefined $(LIB_OBJECTS) $(LIBRARY_LIBS) -o $@
	ln -sf $(@F) $(BUILD)/libdlc.so.$(MAJOR)
	ln -sf libdlc.so.$(MAJOR) $(BUILD)/libdlc.so

$(DLC): $(SRC_OBJECTS) $(SHARED)
	$(CC) $(CFLAGS) $(LDFLAGS) $(SRC_OBJECTS) -L$(BUILD) -ldlc -Wl,-rpath,'$$ORIGIN:$$ORIGIN/../lib' $(COMMAND_LIBS) -o $@

# ---- Tests ----

# Tests of the API link the shared library, as a user does; unit tests see the internals of the static one.
$(BUILD)/test/%.o: test/%.c | $(BUILD)/packages/check
	@mkdir -p $(@D)
	$(COMPILE) -Ilib -Itest/support $(shell pkg-config --cflags check) -c $< -o $@

$(BUILD)/test/api/%: $(BUILD)/test/api/%.o $(TEST_SUPPORT) $(SHARED)
	$(CC) $(CFLAGS) $(LDFLAGS) $< $(TEST_SUPPORT) -L$(BUILD) -ldlc -Wl,-rpath,'$$ORIGIN/../..' \
	    $(shell pkg-config --libs check) -lm -pthread -o $@

$(BUILD)/test/unit/%: $(BUILD)/test/unit/%.o $(TEST_SUPPORT) $(STATIC)
	$(CC) $(CFLAGS) $(LDFLAGS) $< $(TEST_SUPPORT) $(STATIC) $(LIBRARY_LIBS) $(shell pkg-config --libs check) -o $@

## check: build and run the tests
.PHONY: check
check: $(BUILD)/packages/check all check-programs
	@BUILD=$(BUILD) PYTHON=$(PYTHON) CC="$(CC)" CFLAGS="$(CFLAGS)" sh test/run.sh $(UNIT_TESTS) $(API_TESTS) \
	    $(FUZZ_TARGETS) $(CLI_TESTS)

.PHONY: check-programs
check-programs: $(UNIT_TESTS) $(API_TESTS) $(FUZZ_TARGETS)

## asan: the tests under AddressSanitizer and UndefinedBehaviorSanitizer
.PHONY: asan
asan:
	CK_FORK=no CK_DEFAULT_TIMEOUT=0 $(MAKE) check BUILD=$(BUILD)/asan \
	    CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all"

## tsan: the tests under ThreadSanitizer
.PHONY: tsan
tsan:
	CK_FORK=no CK_DEFAULT_TIMEOUT=0 TSAN_OPTIONS=halt_on_error=1 $(MAKE) check BUILD=$(BUILD)/tsan \
	    CFLAGS="-O1 -g -fsanitize=thread"

## valgrind: the test programs under valgrind's memcheck
.PHONY: valgrind
valgrind: $(BUILD)/packages/valgrind all check-programs
	@BUILD=$(BUILD) CK_FORK=no CK_DEFAULT_TIMEOUT=0 DLC_TEST_SHORT=1 sh test/run.sh \
	    -w "valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite" \
	    $(filter-out %/flexrand_exact_tests,$(UNIT_TESTS) $(API_TESTS)) # five minutes there, and no memory of its own

# ---- Fuzzing ----

# What a target is linked with: replay.o, which runs the files of test/fuzz/corpus, or the fuzzer that `make fuzz` sets.
FUZZ_ENGINE  = $(BUILD)/test/fuzz/replay.o
FUZZ_SUPPORT = $(BUILD)/test/fuzz/fuzz.o $(BUILD)/test/fuzz/image_input.o
FUZZ_CC      = clang
FUZZ_SECONDS = 60

$(BUILD)/test/fuzz/%_fuzz: $(BUILD)/test/fuzz/%_fuzz.o $(FUZZ_SUPPORT) $(filter %.o,$(FUZZ_ENGINE)) $(STATIC)
	$(CC) $(CFLAGS) $(LDFLAGS) $< $(FUZZ_PARTS) $(FUZZ_SUPPORT) $(FUZZ_ENGINE) $(STATIC) $(LIBRARY_LIBS) \
	    $(COMMAND_LIBS) -o $@

# Some targets have more parts. The command runs inside two of them, so that its main() needs another name.
FUZZ_API     = $(patsubst %,$(BUILD)/test/fuzz/api_%.o,mask score run flexrand)
FUZZ_COMMAND = $(BUILD)/test/fuzz/command_main.o $(BUILD)/test/fuzz/command_world.o $(filter-out %/main.o,$(SRC_OBJECTS))
$(BUILD)/test/fuzz/api_fuzz: $(FUZZ_API)
$(BUILD)/test/fuzz/api_fuzz: private FUZZ_PARTS = $(FUZZ_API)
$(BUILD)/test/fuzz/command_fuzz $(BUILD)/test/fuzz/run_folder_fuzz: $(FUZZ_COMMAND)
$(BUILD)/test/fuzz/command_fuzz $(BUILD)/test/fuzz/run_folder_fuzz: private FUZZ_PARTS = $(FUZZ_COMMAND)
$(BUILD)/test/fuzz/command_main.o: src/main.c | $(BUILD)/packages/build
	@mkdir -p $(@D)
	$(COMPILE) -Wno-missing-prototypes -Dmain=dlc_main -c $< -o $@

.PHONY: fuzz-programs
fuzz-programs: $(FUZZ_TARGETS)

## fuzz: every target of test/fuzz under libFuzzer, ASan and UBSan, for FUZZ_SECONDS (60) each
.PHONY: fuzz
fuzz: $(BUILD)/packages/fuzz
	$(MAKE) fuzz-programs CC="$(FUZZ_CC)" BUILD=$(BUILD)/fuzz FUZZ_ENGINE=-fsanitize=fuzzer \
	    CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all"
	@BUILD=$(BUILD)/fuzz sh test/fuzz/fuzz.sh $(FUZZ_SECONDS) $(notdir $(FUZZ_TARGETS))

# ---- Demo and benchmarks ----

DEMO = $(BUILD)/demo

## demo: the main job on 5000 real images: score, select, look (installs what is missing)
.PHONY: demo
demo: $(BUILD)/packages/demo all
	@BUILD=$(BUILD) PYTHON=$(PYTHON) sh examples/demo/demo.sh $(DEMO)

## bench: libdlc and its peers (PyTorch, NumPy, OpenBLAS) side by side, as ratios
.PHONY: bench
bench: $(BUILD)/packages/bench all
	@for bench in test/bench/*_bench.py; do BUILD=$(BUILD) $(PYTHON) $$bench || exit 1; done

# ---- Installing ----

PC = $(BUILD)/libdlc.pc

$(PC): pkgconfig/libdlc.pc.in Makefile
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' \
	    -e 's|@VERSION@|$(VERSION)|' $< > $@

## install: library, headers, pkg-config file and command to PREFIX (DESTDIR is honoured)
.PHONY: install
install: all
	$(MAKE) -B $(PC)
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(INCLUDEDIR)/dlc
	install -m 644 include/dlc/*.h $(DESTDIR)$(INCLUDEDIR)/dlc
	install -m 644 $(STATIC) $(DESTDIR)$(LIBDIR)
	install -m 755 $(SHARED) $(DESTDIR)$(LIBDIR)
	ln -sf $(notdir $(SHARED)) $(DESTDIR)$(LIBDIR)/libdlc.so.$(MAJOR)
	ln -sf libdlc.so.$(MAJOR) $(DESTDIR)$(LIBDIR)/libdlc.so
	install -m 644 $(PC) $(DESTDIR)$(LIBDIR)/pkgconfig
	install -m 755 $(DLC) $(DESTDIR)$(BINDIR)

## uninstall: remove what install put there
.PHONY: uninstall
uninstall:
	rm -f $(DESTDIR)$(BINDIR)/dlc $(DESTDIR)$(LIBDIR)/libdlc.a $(DESTDIR)$(LIBDIR)/pkgconfig/libdlc.pc \
	    $(foreach name,libdlc.so libdlc.so.$(MAJOR) $(notdir $(SHARED)),$(DESTDIR)$(LIBDIR)/$(name)) \
	    $(patsubst include/%,$(DESTDIR)$(INCLUDEDIR)/%,$(wildcard include/dlc/*.h))
	-rmdir $(DESTDIR)$(INCLUDEDIR)/dlc 2>/dev/null

# ---- Housekeeping ----

## clean: remove build/
.PHONY: clean
clean:
	rm -rf $(BUILD)

-include $(patsubst %.o,%.d,$(LIB_OBJECTS) $(SRC_OBJECTS) $(TEST_SUPPORT)) $(wildcard $(BUILD)/test/*/*.d)
