# SPDX-License-Identifier: MIT
# The one door: run test build gen check-gen lint layers fuzz bench. `make help` says what each does.

VERSION := 0.1.0
CC := gcc
SAN :=

# One list for Makefile, README and Dockerfile; tests/bats checks that they agree.
PACKAGES_BUILD := gcc make pkg-config libc6-dev libfcgi-dev libpq-dev libjansson-dev libjwt-dev \
	libsodium-dev libyaml-dev libidn2-dev libunistring-dev libcurl4-openssl-dev libssl-dev libzxcvbn-dev
PACKAGES_RUN := nginx postgresql openssl curl ca-certificates
PACKAGES_TEST := clang libclang-rt-dev llvm clang-format clang-tidy cppcheck shellcheck bats \
	libcmocka-dev jq python3 python3-aiosmtpd wrk spawn-fcgi procps lighttpd apache2-bin pgbouncer
# For the peers also cargo and node 20 or newer, when they are there; nothing installs those.
PACKAGES_BENCH := jq python3 python3-matplotlib valgrind wrk procps
PACKAGES_FAULTS := libfaketime

OUT := build/$(CC)$(if $(SAN),-san)
WARN := -Wall -Wextra -Wshadow -Wconversion -Werror
# Where processors can tell that a jump goes where the program does not.
MACHINE := $(shell uname -m)
BRANCHES_x86_64 := -fcf-protection
BRANCHES_aarch64 := -mbranch-protection=standard
CPPFLAGS := -Iinclude -Isrc -D_GNU_SOURCE -DPOSTERN_VERSION='"$(VERSION)"'
CFLAGS := -std=gnu2x -g $(WARN) -fno-omit-frame-pointer
LDFLAGS := -Wl,--as-needed
ifdef SAN
CPPFLAGS += -DPOSTERN_SAN=1
CFLAGS += -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined
LDFLAGS += -fsanitize=address,undefined
else
CPPFLAGS += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
CFLAGS += -O2 -fstack-protector-strong -fstack-clash-protection $(BRANCHES_$(MACHINE)) -fPIE
LDFLAGS += -pie -Wl,-z,relro,-z,now
endif
# Read when a file is compiled, not when this one is: `make run` on a bare machine installs first.
PQ_CFLAGS = $(shell pkg-config --cflags libpq)
LIBS := -lfcgi -lpq -ljansson -ljwt -lsodium -lyaml -lidn2 -lunistring -lcurl -lzxcvbn -lcrypto

LAYERS := base conf task text db cred mail schema http fcgi gen core api serve cli
SOURCES := $(wildcard $(LAYERS:%=src/%/*.c) src/api/*/*.c)
OBJECTS := $(SOURCES:src/%.c=$(OUT)/%.o) $(OUT)/migrations.o $(OUT)/templates.o
TEMPLATES := $(wildcard src/mail/templates/*/* src/api/page/templates/*)
EMBED_TEMPLATES := { src/tools/embed-templates src/mail/templates mail_sources && \
	src/tools/embed-templates src/api/page/templates page_sources; }
UNITS := $(patsubst tests/unit/%.c,$(OUT)/unit/%,$(wildcard tests/unit/*_test.c))
FUZZERS := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/*.c))

.PHONY: help build run stop test unit gen check-gen lint layers fuzz fuzz-coverage bench faults chaos deps deps-build \
	deps-test deps-bench format clean
.DELETE_ON_ERROR:

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make build      compile postern (CC=clang, SAN=1 for address and undefined sanitizers)
build: $(OUT)/postern

# Of its objects and not of the archive: of two functions of one name that would take either.
$(OUT)/postern: $(OUT)/main.o $(OBJECTS)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(OUT)/libpostern.a: $(OBJECTS)
	@rm -f $@
	ar rcs $@ $^

$(OUT)/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(PQ_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(OUT)/migrations.o $(OUT)/templates.o: $(OUT)/%.o: $(OUT)/%.c
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(OUT)/migrations.c: src/tools/embed-migrations $(wildcard migrations/*.sql)
	@mkdir -p $(@D)
	src/tools/embed-migrations migrations > $@

$(OUT)/templates.c: src/tools/embed-templates $(TEMPLATES)
	@mkdir -p $(@D)
	$(EMBED_TEMPLATES) > $@

$(OUT)/unit/%: tests/unit/%.c $(OUT)/libpostern.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(PQ_CFLAGS) $(CFLAGS) -MMD -MP -MT $@ -MF $@.d $(LDFLAGS) -o $@ $< $(OUT)/libpostern.a $(LIBS) -lcmocka

$(OUT)/tools/sqlgen: $(patsubst %.c,$(OUT)/%.o,tools/sqlgen.c tools/sqlgen_common.c tools/sqlgen_text.c \
		tools/sqlgen_describe.c tools/sqlgen_enum.c tools/sqlgen_write.c base/err.c)
	$(CC) $(LDFLAGS) -o $@ $^ -lpq

# Fuzzers: the layers that meet bytes from outside, instrumented by clang, then one program each.
FUZZ_CFLAGS := -std=gnu2x -g -O1 -DPOSTERN_SAN=1 -fno-sanitize-recover=undefined
FUZZ_OBJECTS := $(patsubst src/%.c,build/fuzzing/%.o,$(filter-out src/serve/% src/cli/%,$(SOURCES)))

build/fuzzing/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	clang $(CPPFLAGS) $(PQ_CFLAGS) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link,address,undefined -MMD -MP -c -o $@ $<

build/fuzzing/templates.c: src/tools/embed-templates $(TEMPLATES)
	@mkdir -p $(@D)
	$(EMBED_TEMPLATES) > $@

build/fuzzing/templates.o: build/fuzzing/templates.c
	clang $(CPPFLAGS) $(FUZZ_CFLAGS) -c -o $@ $<

build/fuzzing/lib.a: $(FUZZ_OBJECTS) build/fuzzing/templates.o
	@rm -f $@
	ar rcs $@ $^

build/fuzz/%: tests/fuzz/%.c build/fuzzing/lib.a
	@mkdir -p $(@D)
	clang $(CPPFLAGS) $(PQ_CFLAGS) $(FUZZ_CFLAGS) -fsanitize=fuzzer,address,undefined -MMD -MP -MT $@ -MF $@.d -o $@ $(filter %.c %.a,$^) $(LIBS)

# The same once more without sanitizers, to see what of the parsers they reach.
FUZZ_COVER := -std=gnu2x -g -O1 -fprofile-instr-generate -fcoverage-mapping
FUZZ_COVERED := $(patsubst build/fuzz/%,build/fuzz-coverage/bin/%,$(FUZZERS))

build/fuzz-coverage/obj/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	clang $(CPPFLAGS) $(PQ_CFLAGS) $(FUZZ_COVER) -MMD -MP -c -o $@ $<

build/fuzz-coverage/lib.a: $(FUZZ_OBJECTS:build/fuzzing/%=build/fuzz-coverage/obj/%) build/fuzzing/templates.o
	@rm -f $@
	ar rcs $@ $^

build/fuzz-coverage/bin/%: tests/fuzz/%.c build/fuzz-coverage/lib.a
	@mkdir -p $(@D)
	clang $(CPPFLAGS) $(PQ_CFLAGS) $(FUZZ_COVER) -fsanitize=fuzzer -MMD -MP -MT $@ -MF $@.d -o $@ $(filter %.c %.a,$^) $(LIBS)

# Yardsticks and load generators.
build/bench/%: tests/bench/%.c build/gcc/libpostern.a
	@mkdir -p $(@D)
	gcc $(CPPFLAGS) $(CFLAGS) -MMD -MP -MT $@ -MF $@.d $(LDFLAGS) -o $@ $< build/gcc/libpostern.a $(LIBS) -lssl -lcrypto -lm

# Preloaded into a pool by tests/faults.
build/faults/%.so: tests/faults/%.c tests/faults/%.h Makefile
	@mkdir -p $(@D)
	gcc -Itests -D_GNU_SOURCE -std=gnu2x -g -O2 $(WARN) -fPIC -shared -MMD -MP -MT $@ -MF $@.d -o $@ $<

# Whatever was compiled tells what it has read. Programs made in one step leave theirs beside them.
-include $(shell find build -name '*.d' 2>/dev/null)

unit: $(UNITS)

## make gen        make src/gen and include/gen from migrations/ and src/sql
gen: $(OUT)/tools/sqlgen
	src/tools/generate $<

## make check-gen  fail where a migration or a statement does not fit what was generated
check-gen: $(OUT)/tools/sqlgen
	src/tools/generate $< --check

## make test       install, build with gcc, and with clang and sanitizers, and run everything
test: deps-test
	@$(MAKE) --no-print-directory -s -j"$$(nproc)" build unit build/gcc/tools/sqlgen
	@$(MAKE) --no-print-directory -s -j"$$(nproc)" CC=clang SAN=1 build unit
	@$(MAKE) --no-print-directory -s -j"$$(nproc)" $(FUZZERS)
	@tests/run

## make lint       formatting, static analysis, shell scripts, sizes of functions and files, layers
lint: layers
	src/tools/lint

## make layers     fail on an include that goes up or sideways, and on a circle of files
layers:
	src/tools/check-layers
	src/tools/check-circles

## make bench      measure it side by side with others; a smoke test with QUICK=1; see docs/performance.md
BENCH_OPTIONS :=
bench: deps-bench
	tests/bench/run $(if $(QUICK),--quick) $(BENCH_OPTIONS)
	$(if $(QUICK),,tests/bench/timing)
	$(if $(QUICK),,tests/bench/check)

## make faults     kill, restart and starve a running stack; pass or FAIL with the figure; QUICK=1, FULL=1
FAULTS_OPTIONS :=
faults: deps-faults
	@tests/faults/run $(FAULTS_OPTIONS)

## make chaos      everything that can go wrong, at once, for CHAOS_SECONDS (1200); SAN=1: sanitizers; CHAOS_SEED=
CHAOS_SECONDS := 1200
chaos: deps-test
	@$(MAKE) --no-print-directory -s -j"$$(nproc)" build
	@POSTERN="$${POSTERN:-$(OUT)/postern}" tests/faults/chaos $(CHAOS_SECONDS) $(CHAOS_SEED)

## make fuzz       run each fuzzer for FUZZ_SECONDS (60) at most, then say what they cover; finds: tests/fuzz/regress
FUZZ_SECONDS := 60
FUZZ_OPTIONS :=
fuzz: deps-test
	@$(MAKE) --no-print-directory -s -j"$$(nproc)" $(FUZZERS)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run $(FUZZ_OPTIONS)
	@$(MAKE) --no-print-directory fuzz-coverage

## make fuzz-coverage  what seeds and finds of the past reach of each parser; HTML in build/fuzz-coverage
fuzz-coverage: deps-test
	@$(MAKE) --no-print-directory -s -j"$$(nproc)" $(FUZZ_COVERED)
	@tests/fuzz/coverage

## make format     format all C
format:
	clang-format -i $$(git ls-files -co --exclude-standard '*.c' '*.h')

clean:
	rm -rf build

## make deps       install what make run needs; deps-test, deps-faults, deps-bench also what those need
deps:
	@deploy/install-packages $(PACKAGES_BUILD) $(PACKAGES_RUN)

deps-build:
	@deploy/install-packages $(PACKAGES_BUILD)

deps-test:
	@deploy/install-packages $(PACKAGES_BUILD) $(PACKAGES_RUN) $(PACKAGES_TEST)

deps-faults:
	@deploy/install-packages $(PACKAGES_BUILD) $(PACKAGES_RUN) $(PACKAGES_TEST) $(PACKAGES_FAULTS)

deps-bench:
	@deploy/install-packages $(PACKAGES_BUILD) $(PACKAGES_RUN) $(PACKAGES_BENCH)

## make run        install, build and run all of it until Ctrl-C; DETACH=1: in the background
run: deps
	@echo 'postern: building'
	@$(MAKE) --no-print-directory -s -j"$$(nproc)" build
	@POSTERN="$${POSTERN:-$(OUT)/postern}" HOW='make run' deploy/stack $(if $(DETACH),start,run)

## make stop       stop what make run has started
stop:
	@deploy/stack stop
