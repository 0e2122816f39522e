# nest - `make help` lists the targets and the variables.
#
# lib/*/*.c become libnest.a; the .c files of a program's folder, linked with
# it, become one program. The folder says which, and the file of the program's
# name in it holds main(). Everything built goes under $(BUILD).

MAKEFLAGS += -rR --no-print-directory

# Which program each folder makes.
PROGRAM_gen := nest-gen
PROGRAM_shred := nest-shred
PROGRAM_encode := parquet-encode
PROGRAM_merge := parquet-merge
PROGRAM_meter := nest-meter
PROGRAM_run := nest-run
PROGRAM_cat := nest-cat
STAGES := gen shred encode merge meter run cat

# make's own defaults count as not given.
ifneq ($(filter default undefined,$(origin CC)),)
CC := cc
endif
ifneq ($(filter default undefined,$(origin AR)),)
AR := ar
endif
CLANG ?= clang
PKG_CONFIG ?= pkg-config
PREFIX ?= /usr/local
SANITIZE ?=
comma := ,
BUILD ?= build$(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wcast-qual -Wwrite-strings -Wvla $(if $(WERROR),-Werror)
ifeq ($(SANITIZE),)
CFLAGS ?= -O3 -g
# Objects have code of their own, too, with which the many tests are linked fast; clang cannot.
LTO ?= -flto=auto $(if $(findstring clang,$(CC)),,-ffat-lto-objects)
else
CFLAGS ?= -O1 -g
SANITIZER_FLAGS := -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
# An allocation that is too large fails as it does without the sanitizer.
export ASAN_OPTIONS ?= allocator_may_return_null=1
export UBSAN_OPTIONS ?= print_stacktrace=1
endif
# Nobody asks which floating-point exceptions there were, and loops of arithmetic become vectors without them.
NEST_CFLAGS := -std=c11 -ffp-contract=off -fno-trapping-math -D_GNU_SOURCE -I. $(WARNINGS) $(CPPFLAGS) $(CFLAGS) $(LTO) $(SANITIZER_FLAGS)
NEST_LDFLAGS := $(CFLAGS) $(LTO) $(SANITIZER_FLAGS) -Wl,--as-needed $(LDFLAGS)

# What the libraries ask for. Deferred and then remembered, so that a make with
# nothing to do starts no process. msgpack-c is called msgpack before 5.0,
# and snappy tells pkg-config nothing in most places.
packages = $(shell $(PKG_CONFIG) $(1) libzmq libzstd libdeflate zlib liblz4 libbrotlienc libbrotlidec libdw 2>/dev/null) \
	$(shell $(PKG_CONFIG) $(1) msgpack-c 2>/dev/null || $(PKG_CONFIG) $(1) msgpack 2>/dev/null)
lib_folders := /usr/lib /usr/lib/* /usr/local/lib
plain_libs = -lzmq -lzstd -ldeflate -lz -llz4 -lbrotlienc -lbrotlidec -ldw $(if $(wildcard $(lib_folders:%=%/libmsgpack-c.so)),-lmsgpack-c,-lmsgpackc)
found_libs = $(call packages,--libs)
LIB_CFLAGS = $(eval LIB_CFLAGS := $$(call packages,--cflags))$(LIB_CFLAGS)
LIB_LIBS = $(eval LIB_LIBS := $$(or $$(strip $$(found_libs)),$$(plain_libs)) -lsnappy -lm)$(LIB_LIBS)

# Sources, objects, programs: what is there.
main_of = $(1)/$(PROGRAM_$(1)).c
objects = $(patsubst %.c,$(BUILD)/%.o,$(1))
BUILT_STAGES := $(foreach stage,$(STAGES),$(if $(wildcard $(call main_of,$(stage))),$(stage)))
MAINS := $(foreach stage,$(BUILT_STAGES),$(call main_of,$(stage)))
LIB_OBJECTS := $(call objects,$(sort $(wildcard lib/*/*.c)))
# The page of nest-meter report, as text in C.
PAGE := $(if $(wildcard meter/page.html),$(BUILD)/meter/page.o)
STAGE_OBJECTS := $(PAGE) $(call objects,$(filter-out $(MAINS) meter/agent/%,$(sort $(wildcard $(STAGES:%=%/*.c) $(STAGES:%=%/*/*.c)))))
PROGRAMS := $(foreach stage,$(BUILT_STAGES),$(BUILD)/$(PROGRAM_$(stage)))
UNIT_SOURCES := $(sort $(wildcard tests/unit/test_*.c))
TEST_SHARED := $(call objects,$(sort $(wildcard tests/shared/*.c)))
UNIT_SHARED := $(TEST_SHARED) $(call objects,$(filter-out $(UNIT_SOURCES),$(sort $(wildcard tests/unit/*.c))))
UNIT_TESTS := $(UNIT_SOURCES:tests/unit/%.c=$(BUILD)/tests/%)
FUZZ_SOURCES := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZERS := $(FUZZ_SOURCES:tests/fuzz/%.c=$(BUILD)/%)
# The agent: a shared library with a copy of the engine, never with a sanitizer, which could not be preloaded.
AGENT_SOURCES := $(sort $(wildcard meter/agent/*.c))
AGENT_OBJECTS := $(patsubst %.c,$(BUILD)/pic/%.o,$(AGENT_SOURCES) \
	$(filter-out lib/meter/attach.c,$(sort $(wildcard lib/base/*.c lib/meter/*.c))))
AGENT := $(if $(AGENT_SOURCES),$(BUILD)/libnest-meter-agent.so)
# What a program with probes of its own is linked with: the engine alone, as the agent has it.
PROBE_LIBRARY := $(BUILD)/libnest-probe.a
PROBE_OBJECTS := $(filter $(BUILD)/pic/lib/%,$(AGENT_OBJECTS)) $(BUILD)/pic/lib/meter/attach.o
# Configurations that ship with nest-meter, which looks for them beside itself.
PROFILES := $(patsubst meter/%,$(BUILD)/%,$(sort $(wildcard meter/profiles/*.properties)))
# Recipes that ship with nest-gen, which looks for them there, too; their lists of words lie in folders of their names.
RECIPES := $(patsubst gen/%,$(BUILD)/%,$(sort $(wildcard gen/recipes/*.recipe gen/recipes/*/*.txt)))
RECIPE_FOLDERS := $(filter-out $(BUILD)/recipes,$(patsubst %/,%,$(sort $(dir $(RECIPES)))))
AGENT_CFLAGS := -std=c11 -D_GNU_SOURCE -I. $(WARNINGS) $(CPPFLAGS) $(CFLAGS) -fPIC -fvisibility=hidden \
	-ftls-model=initial-exec
ALL_OBJECTS := $(sort $(AGENT_OBJECTS) $(PROBE_OBJECTS)) $(LIB_OBJECTS) $(STAGE_OBJECTS) $(UNIT_SHARED) \
	$(call objects,$(MAINS) $(UNIT_SOURCES) $(FUZZ_SOURCES))

.PHONY: all check check-unit tests bench fuzz fuzzers fuzz-coverage coverage install uninstall deb clean help FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAMS) $(BUILD)/libnest.a $(AGENT) $(PROBE_LIBRARY) $(PROFILES) $(RECIPES)

# $(call stamp,FILE,TEXT): a file that changes when TEXT does, for what depends on it.
define stamp
$(1): TEXT = $(2)
ifneq ($$(file <$(1)),$$(strip $(2)))
$(1): FORCE
endif
endef
$(eval $(call stamp,$(BUILD)/flags,$$(CC) $$(NEST_CFLAGS) $$(AGENT_CFLAGS) $$(NEST_LDFLAGS)))
$(eval $(call stamp,$(BUILD)/sources,$$(LIB_OBJECTS) $$(STAGE_OBJECTS) $$(UNIT_SHARED) $$(AGENT_OBJECTS)))
$(BUILD)/flags $(BUILD)/sources:
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(strip $(TEXT)))' >$@

# Commands are shown in short; `make V=1` shows them whole.
say = $(if $(V),,@)$(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,echo '  $(1)  $(@:$(BUILD)/%=%)';)

$(BUILD)/%.o: %.c $(BUILD)/flags
	$(call say,CC) mkdir -p $(@D) && $(CC) $(NEST_CFLAGS) $(LIB_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/pic/%.o: %.c $(BUILD)/flags
	$(call say,CC) mkdir -p $(@D) && $(CC) $(AGENT_CFLAGS) $(LIB_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/libnest-meter-agent.so: $(AGENT_OBJECTS) $(BUILD)/sources $(BUILD)/flags
	$(call say,LD) $(CC) -shared $(CFLAGS) -Wl,-z,defs,-z,now,-z,nodelete -Wl,--as-needed $(LDFLAGS) -o $@ \
	    $(filter %.o,$^) -pthread -ldl -lm

$(BUILD)/meter/page.c: meter/page.html Makefile
	@mkdir -p $(@D) && { printf '#include "meter/report.h"\nconst char page_text[] =\n' && \
	    sed 's/[\\"?]/\\&/g; s/.*/"&\\n"/' $< && echo ';'; } >$@

$(PAGE): $(BUILD)/%.o: $(BUILD)/%.c $(BUILD)/flags
	$(call say,CC) $(CC) $(NEST_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/profiles/%.properties: meter/profiles/%.properties
	@mkdir -p $(@D) && cp $< $@

$(BUILD)/recipes/%: gen/recipes/%
	@mkdir -p $(@D) && cp $< $@

$(PROBE_LIBRARY): $(PROBE_OBJECTS) $(BUILD)/sources
$(BUILD)/libnest.a: $(LIB_OBJECTS) $(BUILD)/sources
$(BUILD)/libstages.a: $(STAGE_OBJECTS) $(BUILD)/sources
$(BUILD)/%.a:
	$(call say,AR) rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

link = $(call say,LD) mkdir -p $(@D) && $(CC) $(NEST_LDFLAGS) $(1) -o $@ $(filter %.o %.a,$^) $(LIB_LIBS)

# $(call program,STAGE): its main file first, then the folder's helpers and the library.
define program
$(BUILD)/$(PROGRAM_$(1)): $(call objects,$(call main_of,$(1))) $(filter $(BUILD)/$(1)/%,$(STAGE_OBJECTS)) \
    $(BUILD)/libnest.a $(BUILD)/sources $(BUILD)/flags
	$$(link)
endef
$(foreach stage,$(BUILT_STAGES),$(eval $(call program,$(stage))))

$(BUILD)/tests/%: $(BUILD)/tests/unit/%.o $(UNIT_SHARED) $(BUILD)/libstages.a $(BUILD)/libnest.a $(BUILD)/flags
	$(call link,$(if $(findstring -ffat,$(LTO)),-fno-lto)) -lcmocka

$(BUILD)/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(TEST_SHARED) $(BUILD)/libstages.a $(BUILD)/libnest.a \
    $(BUILD)/flags
	$(call link,-fsanitize=fuzzer)

# Tests. UNIT picks unit tests by name, UNDER is a command to run them under.
UNIT ?= $(notdir $(UNIT_TESTS))
UNDER ?=
UNIT_SECONDS ?= 300
PYTEST_ARGS ?=
TEST_JOBS ?= $(shell nproc)
PYTHON ?= .venv/bin/python

tests: $(UNIT_TESTS)

check-unit: $(UNIT:%=$(BUILD)/tests/%)
	@printf '%s\n' $(UNIT) | xargs -P $(TEST_JOBS) -I '{}' sh -c ' \
		log=$(BUILD)/tests/{}.log; \
		if timeout $(UNIT_SECONDS) $(UNDER) $(BUILD)/tests/{} >$$log 2>&1 </dev/null; then \
			echo "ok      {} ($$(grep -c "^\[  *OK \]" $$log) tests)"; \
		else \
			cat $$log; echo "failed  {}"; exit 1; \
		fi' || { echo 'unit tests failed'; exit 1; }

check: all check-unit
	@[ -x $(PYTHON) ] || { echo 'no $(PYTHON): run `pipelines/setup test` first' >&2; exit 3; }
	NEST_BUILD_DIR=$(BUILD) CC='$(CC)' $(PYTHON) -m pytest -n $(TEST_JOBS) --dist loadfile tests $(PYTEST_ARGS)

bench: all
	@NEST_BUILD_DIR=$(BUILD) tests/bench $(BENCH_ARGS)

# Fuzzers need clang and a folder of their own; `fuzzers` is what runs in there.
fuzz:
	@$(MAKE) BUILD=build-fuzz CC='$(CLANG)' SANITIZE=fuzzer-no-link,address,undefined fuzzers

fuzzers: $(FUZZERS)

# Which lines of COVERED the seeds of all fuzzers reach; likewise in a folder of their own.
COVERED ?= lib/parquet
fuzz-coverage:
	@$(MAKE) BUILD=build-cover CC='$(CLANG)' SANITIZE=fuzzer-no-link LTO= \
	    CFLAGS='-O0 -g -fprofile-instr-generate -fcoverage-mapping' coverage

coverage: $(FUZZERS)
	@for fuzzer in $(FUZZERS); do \
		seeds=tests/fuzz/seeds/$${fuzzer##*/}; [ -d $$seeds ] || seeds=; \
		LLVM_PROFILE_FILE=$$fuzzer.profraw $$fuzzer -runs=0 $$seeds >$$fuzzer.log 2>&1 || { cat $$fuzzer.log; exit 1; }; \
	done
	@llvm-profdata merge -o $(BUILD)/profile $(FUZZERS:%=%.profraw)
	@llvm-cov report $(firstword $(FUZZERS)) $(patsubst %,-object %,$(wordlist 2,99,$(FUZZERS))) \
	    -instr-profile=$(BUILD)/profile $(sort $(wildcard $(COVERED)/*.c)) | sed 's/  *$$//'

# Installing. One list serves both ways, so uninstall removes exactly what install put there.
bindir := $(PREFIX)/bin
mandir := $(PREFIX)/share/man
datadir := $(PREFIX)/share/nest
libdir := $(PREFIX)/lib/nest
MANUALS := $(sort $(wildcard man/*.[1-8]))
# An installed copy builds nothing, so it needs no setup. On the PATH a pipeline is called as the programs are:
# nest-dataset, a link to share/nest/pipelines/dataset. The .sh are parts of them, and spark-submit(1) takes a file.
PIPELINES := $(filter-out %/setup $(patsubst %/,%,$(wildcard pipelines/*/)),$(sort $(wildcard pipelines/*)))
COMMANDS := $(filter-out %.sh %.py,$(PIPELINES))
# Where bash-completion(7) and zsh look, the first by the name of the command.
bashdir ?= $(PREFIX)/share/bash-completion/completions
zshdir ?= $(PREFIX)/share/zsh/site-functions
# Stages to copy, but not what was built of them in their folders.
EXAMPLES := $(sort $(wildcard examples/*.py $(addprefix examples/*/,*.go go.* *.js package.json Cargo.toml src/*.rs)))
EXAMPLE_FOLDERS := examples/encoder/src $(patsubst %/,%,$(wildcard examples/*/)) examples
manual_path = $(mandir)/man$(subst .,,$(suffix $(1)))/$(notdir $(1))
# $(call put,MODE,FROM,TO) and $(call drop,MODE,FROM,TO), recipe lines; the line feed in them matters.
define put
install -D -m $(1) $(2) "$(DESTDIR)$(3)"

endef
define drop
rm -f "$(DESTDIR)$(3)"

endef
# $(call put_link,WHERE IT LEADS,FOLDER,NAME) and $(call drop_link,WHERE IT LEADS,FOLDER,NAME), likewise.
define put_link
mkdir -p "$(DESTDIR)$(2)" && ln -sfn $(1) "$(DESTDIR)$(2)/$(3)"

endef
drop_link = $(call drop,,,$(2)/$(3))
# $(call each_installed,put) or $(call each_installed,drop)
define each_installed
$(foreach file,$(PROGRAMS),$(call $(1),755,$(file),$(bindir)/$(notdir $(file))))
$(foreach file,$(AGENT),$(call $(1),755,$(file),$(libdir)/$(notdir $(file))))
$(call $(1),644,$(PROBE_LIBRARY),$(PREFIX)/lib/$(notdir $(PROBE_LIBRARY)))
$(call $(1),644,lib/meter/probe.h,$(PREFIX)/include/nest/probe.h)
$(foreach file,$(PROFILES),$(call $(1),644,$(file),$(datadir)/meter/$(file:$(BUILD)/%=%)))
$(foreach file,$(RECIPES),$(call $(1),644,$(file),$(datadir)/$(file:$(BUILD)/%=%)))
$(foreach file,$(PIPELINES),$(call $(1),$(if $(filter %.sh,$(file)),644,755),$(file),$(datadir)/$(file)))
$(foreach file,$(COMMANDS),$(call $(1)_link,../share/nest/$(file),$(bindir),nest-$(notdir $(file))))
$(call $(1),644,pipelines/completion/nest.bash,$(bashdir)/nest)
$(foreach file,$(PROGRAMS) $(COMMANDS:pipelines/%=nest-%),$(call $(1)_link,nest,$(bashdir),$(notdir $(file))))
$(call $(1),644,pipelines/completion/_nest,$(zshdir)/_nest)
$(foreach file,$(EXAMPLES),$(call $(1),$(if $(filter %.py %.js,$(file)),755,644),$(file),$(datadir)/$(file)))
$(foreach file,$(MANUALS),$(call $(1),644,$(file),$(call manual_path,$(file))))
$(call $(1)_link,nest-dataset.1,$(mandir)/man1,nest-contacts.1)
endef

install: all
	$(call each_installed,put)

uninstall:
	$(call each_installed,drop)
	@for folder in "$(DESTDIR)$(datadir)/pipelines" "$(DESTDIR)$(datadir)/meter/profiles" \
	    "$(DESTDIR)$(datadir)/meter" $(RECIPE_FOLDERS:$(BUILD)/%="$(DESTDIR)$(datadir)/%") \
	    "$(DESTDIR)$(datadir)/recipes" $(EXAMPLE_FOLDERS:%="$(DESTDIR)$(datadir)/%") \
	    "$(DESTDIR)$(datadir)" "$(DESTDIR)$(libdir)" \
	    "$(DESTDIR)$(PREFIX)/include/nest"; do \
		[ ! -d "$$folder" ] || rmdir --ignore-fail-on-non-empty "$$folder"; done

# A Debian package, built from a copy of what it is made of, in which pipelines/debian is debian/. What was said to this
# make is not said to the one in there.
PACKAGED := $(BUILD)/deb/nest
deb:
	@command -v dh >/dev/null || { echo 'no dh: as root, run `apt-get install debhelper` first' >&2; exit 3; }
	rm -rf $(BUILD)/deb
	mkdir -p $(PACKAGED)
	cp -r --parents Makefile lib $(STAGES) man pipelines $(EXAMPLES) $(PACKAGED)
	mv $(PACKAGED)/pipelines/debian $(PACKAGED)
	cd $(PACKAGED) && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u BUILD \
	    DEB_BUILD_OPTIONS="$${DEB_BUILD_OPTIONS-noautodbgsym}" dpkg-buildpackage --build=binary --jobs=auto --no-sign
	@ls $(BUILD)/deb/*.deb

clean:
	rm -rf $(BUILD) $(if $(filter build,$(BUILD)),build-*/)

help:
	@sed -n 's/^#define NEST_VERSION "\(.*\)"/nest \1/p' lib/base/version.h
	@printf '%s\n' \
	    'make             build the programs into build/' \
	    'make check       unit tests, then the tests of the programs (needs pipelines/setup test)' \
	    'make check-unit  unit tests alone; UNIT="test_base ..." picks some, UNDER=valgrind runs them under it' \
	    'make bench       what the job and metering cost, beside other tools, and how it grows; BENCH_ARGS="--short"' \
	    'make fuzz        fuzzers, with clang, into build-fuzz/; make fuzz-coverage: what their seeds reach of COVERED' \
	    'make install     into PREFIX (/usr/local) below DESTDIR; make uninstall removes it' \
	    'make deb         a Debian package, in build/deb (needs debhelper)' \
	    'make clean       remove everything built' \
	    '' \
	    'CC=clang  CFLAGS="-O3 -g"  LTO=  WERROR=1  V=1  BUILD=folder' \
	    'SANITIZE=address,undefined builds into a folder of its own'

-include $(ALL_OBJECTS:.o=.d)
$(ALL_OBJECTS:.o=.d): ;
