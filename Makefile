# Makefile of libdlc. `make help` lists the targets. Everything that is made lies in build/.
#
# Variables to set on the command line:
#   CC, CFLAGS, LDFLAGS   compiler and flags of the user's own; what the code needs is added to them
#   BUILD                 where to build (build)
#   PREFIX, LIBDIR, INCLUDEDIR, BINDIR, MANDIR, DOCDIR, DESTDIR   where to install (/usr/local)
#   WITH_IMAGE=0, WITH_ENCODER=0   leave the module out, and the libraries that it needs (docs/abi.md)
#   PYTHON                the interpreter that has Debian's numpy (/usr/bin/python3)
#   WERROR=1              warnings are errors

CC      ?= cc
CFLAGS  ?= -O3 -g
BUILD   ?= build
PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
BINDIR  ?= $(PREFIX)/bin
MANDIR  ?= $(PREFIX)/share/man
DOCDIR  ?= $(PREFIX)/share/doc/libdlc
WITH_IMAGE   ?= 1
WITH_ENCODER ?= 1
PYTHON  ?= /usr/bin/python3

version_part = $(shell sed -n 's/^\#define DLC_VERSION_$(1) *\([0-9]*\).*/\1/p' include/dlc/base.h)
MAJOR   := $(call version_part,MAJOR)
VERSION := $(MAJOR).$(call version_part,MINOR).$(call version_part,PATCH)

# $(call with,IMAGE,TEXT): TEXT where the module is built; $(call without,IMAGE,TEXT): where it is left out.
with    = $(if $(filter-out 0,$(WITH_$(1))),$(2))
without = $(if $(filter-out 0,$(WITH_$(1))),,$(2))

PACKAGES = gcc pkg-config $(call with,ENCODER,libopenblas-dev) $(call with,IMAGE,libpng-dev libjpeg62-turbo-dev) \
           libjansson-dev libxxhash-dev
CHECK_PACKAGES = $(PACKAGES) check python3-numpy mandoc
DEMO_PACKAGES  = $(PACKAGES) python3-numpy python3-pil dataset-fashion-mnist
EXAMPLES_PACKAGES = $(CHECK_PACKAGES) g++ cmake libopenmpi-dev openmpi-bin libtorch-dev python3-torch python3-pil \
                    dataset-fashion-mnist wordnet-base
# The peers that results and speed are compared with, and the pictures for that.
PEER_PACKAGES  = $(PACKAGES) python3-numpy python3-pil python3-torch python3-torchvision dataset-fashion-mnist \
                 tuxpaint-stamps-default
FUZZ_PACKAGES  = $(PACKAGES) clang libclang-rt-14-dev

WARNINGS = -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wcast-qual -Wstrict-prototypes -Wmissing-prototypes -Wvla \
           -Wundef -Wformat=2 -Wwrite-strings -Wpointer-arith $(if $(WERROR),-Werror)
# Scores must not depend on what a compiler fuses: no contraction of a * b + c.
# Nobody reads errno after sqrt(): without that duty it is one instruction, and vectorises.
STANDARD = -std=c11 -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64 -ffp-contract=off -fno-math-errno -pthread
LIBRARIES = $(call with,ENCODER,openblas) $(call with,IMAGE,libpng libjpeg) jansson
# Evaluated when a recipe runs, after the packages are there.
LIBRARY_CFLAGS = $(shell pkg-config --cflags $(LIBRARIES))
LIBRARY_LIBS   = $(shell pkg-config --libs $(LIBRARIES)) -lm -pthread
# What the command needs beside libdlc.
COMMAND_LIBS   = $(shell pkg-config --libs $(filter-out libjpeg,$(LIBRARIES)) libxxhash) -lm -pthread
SWITCHES = -DWITH_IMAGE=$(or $(call with,IMAGE,1),0) -DWITH_ENCODER=$(or $(call with,ENCODER,1),0)
COMPILE = $(CC) $(STANDARD) $(WARNINGS) -Iinclude $(CFLAGS) -MMD -MP

# A module that is left out is replaced by lib/absent/MODULE.c, and what tests it is left out too.
ABSENT      := $(call without,IMAGE,image) $(call without,ENCODER,encoder)
ABSENT_TESTS := $(call without,IMAGE,image_tests image_folders_tests hostile_images_tests memory_failure_images_tests \
                                     image_options_tests image_jpeg_tests resample_tests normalize_tests \
                                     jpeg_fuzz png_fuzz folders_fuzz) \
                $(call without,ENCODER,encoder_tests encoder_vit_tests conv_tests memory_failure_encoder_tests safetensors_fuzz) \
                $(if $(strip $(ABSENT)),images report hostile checkpoint python failures run_folder command_fuzz run_folder_fuzz)
LIB_SOURCES := $(filter-out lib/absent/% $(ABSENT:%=lib/%/%),$(wildcard lib/*/*.c)) $(ABSENT:%=lib/absent/%.c)
LIB_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(LIB_SOURCES))
SRC_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard src/*.c))
present_tests = $(foreach test,$(1),$(if $(filter $(ABSENT_TESTS),$(basename $(notdir $(test)))),,$(test)))
API_TESTS   := $(patsubst %.c,$(BUILD)/%,$(call present_tests,$(wildcard test/api/*_tests.c)))
UNIT_TESTS  := $(patsubst %.c,$(BUILD)/%,$(call present_tests,$(wildcard test/unit/*_tests.c)))
TEST_SUPPORT := $(patsubst %.c,$(BUILD)/%.o,$(wildcard test/support/*.c))
SCRIPT_TESTS := $(call present_tests,$(wildcard test/cli/*.sh)) \
                $(wildcard test/docs/*.sh) test/examples/c.sh test/packaging/switches.sh test/abi/consumer.sh
EXAMPLE_TESTS := $(wildcard test/examples/*.sh)
# What the scripts know of the build.
JOBS ?= $(shell nproc)
TEST_ENVIRONMENT = JOBS=$(JOBS) BUILD=$(BUILD) PYTHON=$(PYTHON) CC="$(CC)" CFLAGS="$(CFLAGS)" \
                   WITH_IMAGE=$(WITH_IMAGE) WITH_ENCODER=$(WITH_ENCODER)
FUZZ_TARGETS := $(patsubst %.c,$(BUILD)/%,$(call present_tests,$(wildcard test/fuzz/*_fuzz.c)))

STATIC = $(BUILD)/libdlc.a
SHARED = $(BUILD)/libdlc.so.$(VERSION)
DLC    = $(BUILD)/dlc

.DELETE_ON_ERROR:
.PRECIOUS: $(BUILD)/%.o $(BUILD)/test/%.o

## all: the library, static and shared, and the dlc command
.PHONY: all
all: $(STATIC) $(SHARED) $(DLC)

## help: this list
.PHONY: help
help:
	@sed -n 's/^## \([a-z-]*\): \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

# Says how the build is configured; what depends on it is made anew where that changes.
$(BUILD)/switches: FORCE
	@mkdir -p $(@D); echo '$(SWITCHES)' | cmp -s - $@ || echo '$(SWITCHES)' >$@
.PHONY: FORCE
FORCE:

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

$(BUILD)/packages/build: $(BUILD)/switches
	$(call install_packages,$(PACKAGES))
$(BUILD)/packages/check: $(BUILD)/switches
	$(call install_packages,$(CHECK_PACKAGES))
$(BUILD)/packages/examples: $(BUILD)/switches
	$(call install_packages,$(EXAMPLES_PACKAGES))
$(BUILD)/packages/demo: $(BUILD)/switches
	$(call install_packages,$(DEMO_PACKAGES))
$(BUILD)/packages/coverage: $(BUILD)/switches
	$(call install_packages,$(CHECK_PACKAGES) lcov)
$(BUILD)/packages/valgrind: $(BUILD)/switches
	$(call install_packages,$(CHECK_PACKAGES) valgrind)
$(BUILD)/packages/abi: $(BUILD)/switches
	$(call install_packages,$(CHECK_PACKAGES) abigail-tools)
$(BUILD)/packages/install: $(BUILD)/switches
	$(call install_packages,$(CHECK_PACKAGES) cmake g++ $(call with,ENCODER,gfortran))
$(BUILD)/packages/fuzz: $(BUILD)/switches
	$(call install_packages,$(FUZZ_PACKAGES))
$(BUILD)/packages/peers: $(BUILD)/switches
	$(call install_packages,$(PEER_PACKAGES))

## deps: install what building, testing and the demo need (Debian packages)
.PHONY: deps
deps: $(BUILD)/packages/build $(BUILD)/packages/check $(BUILD)/packages/demo

# ---- Library and command ----

$(BUILD)/lib/%.o: lib/%.c | $(BUILD)/packages/build
	@mkdir -p $(@D)
	$(COMPILE) -Ilib $(LIBRARY_CFLAGS) -fPIC -fvisibility=hidden -c $< -o $@

$(BUILD)/src/%.o: src/%.c $(BUILD)/switches | $(BUILD)/packages/build
	@mkdir -p $(@D)
	$(COMPILE) $(SWITCHES) $(LIBRARY_CFLAGS) -c $< -o $@

$(STATIC): $(LIB_OBJECTS) $(BUILD)/switches
	rm -f $@
	$(AR) rcs $@ $(LIB_OBJECTS)

$(SHARED): $(LIB_OBJECTS) lib/libdlc.map $(BUILD)/switches
	$(CC) -shared $(CFLAGS) $(LDFLAGS) -Wl,-soname,libdlc.so.$(MAJOR) -Wl,--version-script=lib/libdlc.map \
	    -Wl,--no-undefined $(LIB_OBJECTS) $(LIBRARY_LIBS) -o $@
	ln -sf $(@F) $(BUILD)/libdlc.so.$(MAJOR)
	ln -sf libdlc.so.$(MAJOR) $(BUILD)/libdlc.so

LINK_DLC = $(CC) $(CFLAGS) $(LDFLAGS) $(SRC_OBJECTS) -L$(BUILD) -ldlc

$(DLC): $(SRC_OBJECTS) $(SHARED)
	$(LINK_DLC) -Wl,-rpath,'$$ORIGIN' $(COMMAND_LIBS) -o $@

# ---- Tests ----

# Tests of the API link the shared library, as a user does; unit tests see the internals of the static one.
$(BUILD)/test/%.o: test/%.c $(BUILD)/switches | $(BUILD)/packages/check
	@mkdir -p $(@D)
	$(COMPILE) $(SWITCHES) -Ilib -Itest/support $(shell pkg-config --cflags check) -c $< -o $@

$(BUILD)/test/api/%: $(BUILD)/test/api/%.o $(TEST_SUPPORT) $(SHARED)
	$(CC) $(CFLAGS) $(LDFLAGS) $< $(TEST_SUPPORT) -L$(BUILD) -ldlc -Wl,-rpath,'$$ORIGIN/../..' \
	    $(shell pkg-config --libs check) -lm -pthread -o $@

$(BUILD)/test/unit/%: $(BUILD)/test/unit/%.o $(TEST_SUPPORT) $(STATIC)
	$(CC) $(CFLAGS) $(LDFLAGS) $< $(TEST_SUPPORT) $(STATIC) $(LIBRARY_LIBS) $(shell pkg-config --libs check) -o $@

# The dlc command with allocations, writes and reads that can be made to fail, for test/cli/failures.sh.
FAILING_DLC = $(BUILD)/test/cli/failing_dlc
FAILING = malloc calloc realloc posix_memalign strdup strndup opendir \
          mkdir mkstemp64 write pwrite64 fwrite fflush fsync rename close fstat64 pread64 fopen64 open64
$(FAILING_DLC): $(BUILD)/test/cli/failing_calls.o $(SRC_OBJECTS) $(STATIC)
	$(CC) $(CFLAGS) $(LDFLAGS) $(FAILING:%=-Wl,--wrap=%) $^ $(LIBRARY_LIBS) $(COMMAND_LIBS) -o $@

## check: build and run the tests
.PHONY: check
check: $(BUILD)/packages/check all check-programs $(FAILING_DLC)
	@$(TEST_ENVIRONMENT) sh test/run.sh $(UNIT_TESTS) $(API_TESTS) $(FUZZ_TARGETS) $(SCRIPT_TESTS)
	$(if $(strip $(ABSENT)),@echo "left out with the modules $(strip $(ABSENT)): $(strip $(ABSENT_TESTS))")

.PHONY: check-programs
check-programs: $(UNIT_TESTS) $(API_TESTS) $(FUZZ_TARGETS)

## check-examples: every example and guide, built against an installed libdlc and run
.PHONY: check-examples
check-examples: $(BUILD)/packages/examples all
	@$(TEST_ENVIRONMENT) CXX="$(CXX)" sh test/run.sh $(EXAMPLE_TESTS)

## check-peers: results against PyTorch, torchvision and Pillow, on real images and full-size models
.PHONY: check-peers
check-peers: $(BUILD)/packages/peers all
	@for peer in test/peer/*_peer.py; do BUILD=$(BUILD) $(PYTHON) $$peer || exit 1; done

# What the smaller builds that share all else with larger ones still have to show.
SMALL_TESTS = API_TESTS='$$(BUILD)/test/api/modules_tests' UNIT_TESTS= FUZZ_TARGETS= \
              SCRIPT_TESTS='test/cli/usage.sh test/packaging/switches.sh test/abi/consumer.sh'

## check-small: the smaller builds: without images, without the encoder; and all tests of the one without both
.PHONY: check-small
check-small:
	$(MAKE) check BUILD=$(BUILD)/no-image WITH_IMAGE=0 $(SMALL_TESTS)
	$(MAKE) check BUILD=$(BUILD)/no-encoder WITH_ENCODER=0 $(SMALL_TESTS)
	$(MAKE) check BUILD=$(BUILD)/core WITH_IMAGE=0 WITH_ENCODER=0
	$(MAKE) abi-check BUILD=$(BUILD)/core WITH_IMAGE=0 WITH_ENCODER=0

## abi-check: the ABI against the stored baselines of the releases (test/abi), and a canary that must fail
.PHONY: abi-check
abi-check: $(BUILD)/packages/abi all
	@$(TEST_ENVIRONMENT) sh test/run.sh test/abi/compare.sh test/abi/canary.sh test/abi/consumer.sh

## abi-update: write the baseline of a version that is not released yet
.PHONY: abi-update
abi-update: $(BUILD)/packages/abi all
	@$(TEST_ENVIRONMENT) sh test/abi/update.sh

## docs: the API reference, made from the headers, to build/reference
.PHONY: docs
docs: $(BUILD)/packages/check
	$(PYTHON) docs/reference.py $(BUILD)/reference

## asan: the tests under AddressSanitizer and UndefinedBehaviorSanitizer
.PHONY: asan
asan:
	CK_FORK=no CK_DEFAULT_TIMEOUT=0 EVERY=499 STEP=11 $(MAKE) check BUILD=$(BUILD)/asan \
	    CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all"

# Many minutes there, over code that other tests run too; what they do with memory make asan sees.
SLOW_UNDER_TOOLS = flexrand_exact checkpoint checkpoint_refusal memory_estimate memory_failure memory_failure_run \
                   memory_failure_encoder
quick_tests = $(filter-out $(SLOW_UNDER_TOOLS:%=\%/%_tests),$(1))

# The tests that run threads; of the scripts only those whose programs are built with the sanitizer.
THREAD_PROGRAMS = $(call quick_tests,$(patsubst %.c,$(BUILD)/tsan/%,$(call present_tests,$(shell \
                  grep -l 'set_threads\|pthread_create' test/unit/*_tests.c test/api/*_tests.c))))
THREAD_SCRIPTS = $(patsubst %,test/cli/%.sh,golden images mask report usage)

## tsan: the tests that run threads under ThreadSanitizer
.PHONY: tsan
tsan:
	CK_FORK=no CK_DEFAULT_TIMEOUT=0 DLC_TEST_SHORT=1 TSAN_OPTIONS=halt_on_error=1 $(MAKE) check BUILD=$(BUILD)/tsan \
	    CFLAGS="-O1 -g -fsanitize=thread" UNIT_TESTS= API_TESTS="$(THREAD_PROGRAMS)" FUZZ_TARGETS= \
	    SCRIPT_TESTS="$(THREAD_SCRIPTS)"

## valgrind: the test programs under valgrind's memcheck
.PHONY: valgrind
valgrind: $(BUILD)/packages/valgrind all check-programs
	@$(TEST_ENVIRONMENT) CK_FORK=no CK_DEFAULT_TIMEOUT=0 DLC_TEST_SHORT=1 sh test/run.sh \
	    -w "valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite" \
	    $(call quick_tests,$(UNIT_TESTS) $(API_TESTS))

# What they forbid - large files, memory - gcov's own code then lacks.
NO_COVERAGE = test/cli/checkpoint.sh

## coverage: lines and branches of lib/ that the tests run through, as a table and in build/coverage/report
.PHONY: coverage
coverage: $(BUILD)/packages/coverage
	find $(BUILD)/coverage -name '*.gcda' -delete 2>/dev/null || true
	CK_TIMEOUT_MULTIPLIER=10 $(MAKE) check BUILD=$(BUILD)/coverage CFLAGS="-O0 -g --coverage -fprofile-update=atomic" \
	    SCRIPT_TESTS="$(filter-out $(NO_COVERAGE),$(SCRIPT_TESTS))"
	lcov -q --capture --directory $(BUILD)/coverage/lib --no-external --base-directory . \
	    --rc lcov_branch_coverage=1 -o $(BUILD)/coverage/lib.info
	genhtml -q --branch-coverage $(BUILD)/coverage/lib.info -o $(BUILD)/coverage/report
	lcov --list $(BUILD)/coverage/lib.info --rc lcov_branch_coverage=1

TORTURE_FUZZ_SECONDS = 1200

## torture: the long form of the tests, hours: fuzzing, 10^8 samples, every allocation of the command, 200 kills, threads
.PHONY: torture
torture: $(BUILD)/packages/check all check-programs $(FAILING_DLC)
	DLC_TEST_LONG=1 CK_DEFAULT_TIMEOUT=0 $(BUILD)/test/api/score_memory_tests long
	EVERY=1 STEP=1 $(TEST_ENVIRONMENT) sh test/run.sh test/cli/failures.sh
	KILLS=200 $(TEST_ENVIRONMENT) sh test/run.sh $(wildcard test/torture/*.sh)
	$(MAKE) $(THREADS_TESTS:%=$(BUILD)/tsan/test/api/%) BUILD=$(BUILD)/tsan CFLAGS="-O1 -g -fsanitize=thread"
	for round in 1 2 3 4 5 6 7 8 9 10; do for test in $(THREADS_TESTS); do \
	    CK_FORK=no CK_DEFAULT_TIMEOUT=0 TSAN_OPTIONS=halt_on_error=1 $(BUILD)/tsan/test/api/$$test || exit 1; done; done
	$(MAKE) fuzz FUZZ_SECONDS=$(TORTURE_FUZZ_SECONDS)
THREADS_TESTS = threads_tests run_callbacks_tests

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
$(BUILD)/test/fuzz/command_main.o: src/main.c $(BUILD)/switches | $(BUILD)/packages/build
	@mkdir -p $(@D)
	$(COMPILE) $(SWITCHES) -Wno-missing-prototypes -Dmain=dlc_main -c $< -o $@

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
bench: $(BUILD)/packages/peers all
	@for bench in test/bench/*_bench.py; do BUILD=$(BUILD) $(PYTHON) $$bench || exit 1; done

# ---- Installing ----

# Made anew for every `make install`, whose PREFIX may be another one than the last.
PACKAGE = $(BUILD)/package
PACKAGE_FILES = $(PACKAGE)/libdlc.pc $(PACKAGE)/dlcConfig.cmake $(PACKAGE)/dlcConfigVersion.cmake
CMAKEDIR = $(LIBDIR)/cmake/dlc
# $(call from,A,B): the way from folder A to folder B, so that what is installed can be moved as a whole.
from = $(shell realpath -ms --relative-to='$(1)' '$(2)')

$(PACKAGE)/%: pkgconfig/%.in FORCE
	@mkdir -p $(@D)
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(patsubst $(PREFIX)/%,$${prefix}/%,$(LIBDIR))|' \
	    -e 's|@INCLUDEDIR@|$(patsubst $(PREFIX)/%,$${prefix}/%,$(INCLUDEDIR))|' -e 's|@VERSION@|$(VERSION)|' \
	    -e 's|@LIBRARIES@|$(strip $(LIBRARIES))|' -e 's|@MAJOR@|$(MAJOR)|' \
	    -e 's|@TO_INCLUDEDIR@|$(call from,$(CMAKEDIR),$(INCLUDEDIR))|' $< >$@

# The command again, which is to find the library where that is installed.
$(PACKAGE)/dlc: $(SRC_OBJECTS) $(SHARED) FORCE
	@mkdir -p $(@D)
	$(LINK_DLC) -Wl,-rpath,'$$ORIGIN/$(call from,$(BINDIR),$(LIBDIR))' $(COMMAND_LIBS) -o $@

DOCS = README.md CHANGELOG.md LICENSE $(wildcard docs/*.md)

## install: library, headers, pkg-config and CMake files, command, man page, guides to PREFIX (DESTDIR is honoured)
.PHONY: install
install: all $(PACKAGE)/dlc $(PACKAGE_FILES)
	install -d $(addprefix $(DESTDIR),$(BINDIR) $(LIBDIR)/pkgconfig $(CMAKEDIR) $(INCLUDEDIR)/dlc $(MANDIR)/man1 $(DOCDIR))
	install -m 644 include/dlc/*.h $(DESTDIR)$(INCLUDEDIR)/dlc
	install -m 644 $(STATIC) $(DESTDIR)$(LIBDIR)
	install -m 755 $(SHARED) $(DESTDIR)$(LIBDIR)
	ln -sf $(notdir $(SHARED)) $(DESTDIR)$(LIBDIR)/libdlc.so.$(MAJOR)
	ln -sf libdlc.so.$(MAJOR) $(DESTDIR)$(LIBDIR)/libdlc.so
	install -m 644 $(PACKAGE)/libdlc.pc $(DESTDIR)$(LIBDIR)/pkgconfig
	install -m 644 $(PACKAGE)/*.cmake $(DESTDIR)$(CMAKEDIR)
	install -m 755 $(PACKAGE)/dlc $(DESTDIR)$(BINDIR)
	install -m 644 docs/dlc.1 $(DESTDIR)$(MANDIR)/man1
	install -m 644 $(DOCS) $(DESTDIR)$(DOCDIR)

## uninstall: remove what install put there
.PHONY: uninstall
uninstall:
	rm -f $(addprefix $(DESTDIR),$(BINDIR)/dlc $(MANDIR)/man1/dlc.1 $(addprefix $(DOCDIR)/,$(notdir $(DOCS))) \
	    $(addprefix $(LIBDIR)/,libdlc.a libdlc.so libdlc.so.$(MAJOR) $(notdir $(SHARED)) pkgconfig/libdlc.pc) \
	    $(patsubst $(PACKAGE)/%.cmake,$(CMAKEDIR)/%.cmake,$(filter %.cmake,$(PACKAGE_FILES))) \
	    $(patsubst include/%,$(INCLUDEDIR)/%,$(wildcard include/dlc/*.h)))
	-rmdir $(addprefix $(DESTDIR),$(INCLUDEDIR)/dlc $(CMAKEDIR) $(DOCDIR)) 2>/dev/null

## check-install: programs against what install puts there: shared, static, pkg-config, CMake, C++; uninstall leaves nothing
.PHONY: check-install
check-install: $(BUILD)/packages/install all
	@$(TEST_ENVIRONMENT) sh test/run.sh test/packaging/install.sh

# ---- Housekeeping ----

## clean: remove build/
.PHONY: clean
clean:
	rm -rf $(BUILD)

-include $(patsubst %.o,%.d,$(LIB_OBJECTS) $(SRC_OBJECTS) $(TEST_SUPPORT)) $(wildcard $(BUILD)/test/*/*.d)
