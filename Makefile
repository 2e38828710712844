# SPDX-License-Identifier: MPL-2.0
# gridcase: build, run, test. See README.md; `make help` lists the targets.
#
#   make run            install what is missing, build, load the demo city, serve it
#   make test           everything that must be green before a change lands (< 20 min)
#   make test-long      whole shifts, soaks, fuzzing (< 60 min)
#
# Choices: PORT=8080 DATA=./data LAN=1 SAN=address|undefined|thread CC=clang WERROR=

SHELL := /bin/bash
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $@)

VERSION := 0.1.0
PORT ?= 8080
DATA ?= data
LAN ?=
SAN ?=
WERROR ?= -Werror
PREFIX ?= /usr/local
ROOT := $(CURDIR)

B := build$(if $(SAN),-$(SAN))$(BUILD_SUFFIX)

PACKAGES := libmicrohttpd sqlite3 spatialite gdal geos proj jansson libargon2 gnutls glib-2.0 \
            libturbojpeg libpng xlsxwriter zlib libpq pangocairo cairo-pdf libcurl
CCACHE := $(shell command -v ccache 2>/dev/null)
ifeq ($(origin CC),default)
CC := gcc
endif
COMPILE := $(CCACHE) $(CC)

# Third-party headers are -isystem so that our own warnings stay strict.
PACKAGE_CFLAGS = $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null | sed 's/-I/-isystem /g')
PACKAGE_LIBS = $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lgeos_c -lm

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
            -Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wcast-qual -Wvla \
            -Wwrite-strings -Wformat=2 -Wundef -Wdouble-promotion -Wimplicit-fallthrough \
            -Wno-overlength-strings
ifneq ($(findstring gcc,$(CC)),)
WARNINGS += -Wno-format-truncation -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Walloc-zero
endif
HARDEN := -fstack-protector-strong -fPIE -fno-strict-overflow
ifeq ($(SAN),)
OPTIMISE ?= -O2 -D_FORTIFY_SOURCE=2
LINK_HARDEN := -pie -Wl,-z,relro,-z,now
else
OPTIMISE ?= -O1 -fno-omit-frame-pointer -fsanitize=$(SAN) $(if $(filter undefined,$(SAN)),-fno-sanitize-recover=all)
LINK_HARDEN := -pie -fsanitize=$(SAN)
endif
CFLAGS = -std=c17 -g $(OPTIMISE) $(HARDEN) $(WARNINGS) $(WERROR) -D_GNU_SOURCE -pthread \
         -DGRIDCASE_VERSION='"$(VERSION)"' -Iinclude -I$(B)/gen $(PACKAGE_CFLAGS) -MMD -MP
LDFLAGS = $(LINK_HARDEN) -pthread
LIBS = $(PACKAGE_LIBS)

SOURCES := $(filter-out src/cli/main.c,$(sort $(wildcard src/*/*.c)))
OBJECTS := $(SOURCES:%.c=$(B)/%.o) $(B)/gen/queries.o $(B)/gen/standard_tables.o
UNIT_SOURCES := $(sort $(wildcard tests/unit/test_*.c))
UNITS := $(UNIT_SOURCES:tests/unit/%.c=$(B)/unit/%)
UNIT_SUPPORT := $(filter-out $(UNIT_SOURCES),$(sort $(wildcard tests/unit/*.c)) $(sort $(wildcard tests/fault/*.c)))
BENCHES := $(patsubst bench/%.c,$(B)/bench/%,$(sort $(wildcard bench/*.c)))
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
SQL_FILES := $(sort $(wildcard sql/schema/*.sql)) $(sort $(wildcard sql/queries/*.sql))

.PHONY: all
all: $(B)/gridcase

# ---- generated: SQL files become an enum of queries and a table of their texts ----
$(B)/tools/embed_sql: tools/embed_sql.c tools/embed_postgres.c tools/embed_sql.h
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(COMPILE) -std=c17 -O1 -Wall -Wextra -D_GNU_SOURCE -o $@ $(filter %.c,$^)
$(B)/gen/queries.c: $(SQL_FILES) $(B)/tools/embed_sql sql/queries sql/schema
	@mkdir -p $(B)/gen/gridcase/db
	$(B)/tools/embed_sql $(B)/gen/gridcase/db/queries.h.new $@ $(SQL_FILES)
	@cmp -s $(B)/gen/gridcase/db/queries.h.new $(B)/gen/gridcase/db/queries.h \
	  && rm $(B)/gen/gridcase/db/queries.h.new \
	  || mv $(B)/gen/gridcase/db/queries.h.new $(B)/gen/gridcase/db/queries.h
$(B)/gen/gridcase/db/queries.h: $(B)/gen/queries.c ;

$(B)/gen/queries.o: $(B)/gen/queries.c
	$(call say,CC)
	$(Q)$(COMPILE) $(CFLAGS) -c -o $@ $<
# ---- the standard evaluation tables are built in ----
STANDARD_TABLES := $(sort $(wildcard grids/standard/evaluation/*.csv))
$(B)/tools/embed_tables: tools/embed_tables.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(COMPILE) -std=c17 -O1 -Wall -Wextra -o $@ $<
$(B)/gen/standard_tables.c: $(STANDARD_TABLES) $(B)/tools/embed_tables grids/standard/evaluation
	@mkdir -p $(@D)
	$(Q)$(B)/tools/embed_tables $@ $(STANDARD_TABLES)
$(B)/gen/standard_tables.o: $(B)/gen/standard_tables.c
	$(call say,CC)
	$(Q)$(COMPILE) $(CFLAGS) -I. -c -o $@ $<
$(B)/src/%.o: src/%.c | $(B)/gen/gridcase/db/queries.h
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(COMPILE) $(CFLAGS) -c -o $@ $<
$(B)/libgridcase.a: $(OBJECTS)
	@rm -f $@
	$(call say,AR)
	$(Q)ar rcs $@ $^
$(B)/gridcase: $(B)/src/cli/main.o $(B)/libgridcase.a
	$(call say,LINK)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# ---- unit tests: each file its own program ----
$(B)/unit/support/%.o: tests/%.c | $(B)/gen/gridcase/db/queries.h
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(COMPILE) $(CFLAGS) -Itests -c -o $@ $<
$(B)/unit/%.o: tests/unit/%.c | $(B)/gen/gridcase/db/queries.h
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(COMPILE) $(CFLAGS) -Itests -c -o $@ $<
SUPPORT_OBJECTS := $(UNIT_SUPPORT:tests/%.c=$(B)/unit/support/%.o)
$(B)/unit/test_%: $(B)/unit/test_%.o $(SUPPORT_OBJECTS) $(B)/libgridcase.a
	$(call say,LINK)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) $(shell pkg-config --libs cmocka)
.PHONY: unit units unit-threads valgrind
units: $(UNITS)
unit: $(UNITS) $(B)/gridcase
	@tools/with_postgres.sh tools/run_units.sh $(B) $(UNITS)
unit-%: $(B)/unit/test_% $(B)/gridcase
	GRIDCASE_ROOT=$(ROOT) GRIDCASE_BUILD=$(B) tools/with_postgres.sh $(B)/unit/test_$*

# Programs with threads of ours, for SAN=thread; small ones for valgrind.
THREAD_UNITS := $(filter %_db_lane %_db_contract %_http %_core %_log %_pool,$(UNITS))
unit-threads: $(THREAD_UNITS) $(B)/gridcase
	@tools/with_postgres.sh tools/run_units.sh $(B) $(THREAD_UNITS)
VALGRIND_UNITS := $(filter %_core %_table %_json %_text %_calendar %_catalogue %_limit %_routing %_process %_clock_tables,$(UNITS))
valgrind: $(VALGRIND_UNITS) $(B)/gridcase
	@tools/valgrind.sh $(B) $(VALGRIND_UNITS)

# ---- benches ----
BENCH_SUPPORT := $(patsubst bench/%.c,$(B)/bench/%.o,$(sort $(wildcard bench/support/*.c)))
$(B)/bench/%.o: bench/%.c | $(B)/gen/gridcase/db/queries.h
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(COMPILE) $(CFLAGS) -Ibench -c -o $@ $<
# What evaluation costs: the same program with its writes left out.
$(B)/bench/upkeep: LDFLAGS += -Wl,--wrap=fact_store,--wrap=history_seal
$(B)/bench/%: $(B)/bench/%.o $(BENCH_SUPPORT) $(B)/libgridcase.a
	$(call say,LINK)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# ---- fuzz targets: built with clang; `make fuzz-replay` runs the corpus only ----
FUZZ_B := build-fuzz
FUZZ_SECONDS ?= 60
# The floors that parse what strangers send; a target that needs a higher one adds it here.
ifneq ($(B),build-fuzz)
FUZZ_FLOORS := core geo db http rules city media document backup evaluation
.PHONY: fuzz-library
fuzz-library:
	@$(MAKE) --no-print-directory B=$(FUZZ_B) CC=clang SOURCES='$(sort $(wildcard $(FUZZ_FLOORS:%=src/%/*.c)))' OPTIMISE='-O1 -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link' LINK_HARDEN='-pie -fsanitize=address,undefined' $(FUZZ_B)/libgridcase.a
$(FUZZ_B)/libgridcase.a: fuzz-library ;
$(FUZZ_B)/fuzz_%: tests/fuzz/fuzz_%.c $(FUZZ_B)/libgridcase.a
	$(call say,LINK)
	$(Q)clang -std=c17 -g -O1 -fsanitize=address,undefined,fuzzer -D_GNU_SOURCE -Iinclude -I$(FUZZ_B)/gen $(PACKAGE_CFLAGS) -o $@ $< $(FUZZ_B)/libgridcase.a -pthread $(PACKAGE_LIBS)
endif
.PHONY: fuzz fuzz-replay
fuzz: $(FUZZERS:%=$(FUZZ_B)/%)
	@tools/run_fuzzers.sh $(FUZZ_B) $(FUZZ_SECONDS) $(FUZZERS)
fuzz-replay: $(FUZZERS:%=$(FUZZ_B)/%)
	@tools/run_fuzzers.sh $(FUZZ_B) replay $(FUZZERS)

# ---- web front ends ----
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print 2>/dev/null)
web/node_modules/.installed: web/package-lock.json
	@node=$$(tools/node.sh) && export PATH="$$(dirname $$node):$$PATH" && cd web && npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.installed
build/web/.built: web/node_modules/.installed $(WEB_SOURCES)
	@node=$$(tools/node.sh) && export PATH="$$(dirname $$node):$$PATH" && cd web && npm run --silent build && touch ../build/web/.built
.PHONY: web
web: build/web/.built

# ---- the two commands ----
.PHONY: run test test-long packages packages-test packages-lint
packages:
	@tools/packages.sh run
packages-test:
	@tools/packages.sh test
packages-lint:
	@tools/packages.sh lint
run: packages
	@$(MAKE) --no-print-directory -j2 all web
	@tools/run_demo.sh $(B) $(DATA) $(PORT) "$(LAN)"
test: packages-test
	@$(MAKE) --no-print-directory -j2 all units web
	@tools/test_all.sh $(B)
test-long: packages-test
	@$(MAKE) --no-print-directory -j2 all units web
	@tools/test_all.sh $(B) long

# ---- lint, bench, install ----
.PHONY: lint bench install codes
codes: # the manual page of all codes, from the sources
	@perl tools/codes.pl $$(git ls-files 'src/*/*.c') >man/gridcase-codes.7.new && mv man/gridcase-codes.7.new man/gridcase-codes.7
lint: packages-lint
	@tools/lint.sh $(B)
SCALE ?= 1
PARTS ?=
ENGINE ?=
bench: packages # SCALE=1|10 millions of cases; PARTS="fill lives": only these; ENGINE=postgres
	@$(MAKE) --no-print-directory -j2 all $(BENCHES)
	@SCALE=$(SCALE) $(if $(filter postgres,$(ENGINE)),tools/bench_postgres.sh) tools/bench.sh $(B) $(PARTS)
install: all web
	install -D -m 0755 $(B)/gridcase $(DESTDIR)$(PREFIX)/bin/gridcase
	rm -rf $(DESTDIR)$(PREFIX)/share/gridcase
	mkdir -p $(DESTDIR)$(PREFIX)/share/gridcase $(DESTDIR)$(PREFIX)/share/man
	cp -r build/web $(DESTDIR)$(PREFIX)/share/gridcase/web
	rm -f $(DESTDIR)$(PREFIX)/share/gridcase/web/.built
	cp -r grids $(DESTDIR)$(PREFIX)/share/gridcase/grids
	for page in man/*.[1-8]; do install -D -m 0644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}; done
	install -d $(DESTDIR)/lib/systemd/system
	sed 's#/usr/local/#$(PREFIX)/#g' tools/gridcase.service >$(DESTDIR)/lib/systemd/system/gridcase.service

# ---- house keeping ----
C_FILES = $(shell git ls-files '*.c' '*.h')
.PHONY: format format-changed clean help
format: codes
	clang-format -i $(C_FILES)
format-changed: codes
	@files=$$( (git diff --name-only --diff-filter=d main -- '*.c' '*.h'; git ls-files -o --exclude-standard -- '*.c' '*.h') | sort -u); \
	  [ -z "$$files" ] || clang-format -i $$files
clean:
	rm -rf build build-*
help:
	@sed -n 's/^# \{0,1\}//p' Makefile | sed -n '2,10p'; grep -oE '^[a-z-]+:' Makefile | sort -u | tr -d ':' | tr '\n' ' '; echo

-include $(shell find $(B) -name '*.d' 2>/dev/null)
