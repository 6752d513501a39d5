# SPDX-License-Identifier: Apache-2.0
# One Makefile for everything; nothing is built outside build/.
#
#   make            release build              make demo       the main job, end to end
#   make check      every test (< 15 min)      make check-all  and what takes longer (1.5 hours)
#   make bench      speed, as ratios           make install    DESTDIR=, PREFIX=
#   make shop       a shop to click through    make browser    the same, in a real browser
#
# FLAVOUR=release|asan|tsan|cover|analyze|fuzz and CC=gcc|clang choose what stands in build/<flavour>.

FLAVOUR ?= release
ifeq ($(origin CC),default)
CC := gcc
endif
B := build/$(FLAVOUR)
GEN := build/gen
# V=1 shows the commands.
Q := $(if $(V),,@)
PREFIX ?= /usr
DESTDIR ?=
VERSION := 0.1.0

all: build

# ---- flags ------------------------------------------------------------------------------------

WARN := -Wall -Wextra -Werror -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wformat=2 \
        -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wundef -Wvla -Wwrite-strings \
        -Wpointer-arith -Wimplicit-fallthrough -Wswitch-enum -Wnull-dereference -Wdate-time
HARD := -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -fno-common \
        -fno-strict-overflow -fno-delete-null-pointer-checks -fvisibility=hidden -fPIC
OPT-release := -O2 -g -D_FORTIFY_SOURCE=3
OPT-asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT-tsan    := -O1 -g -fsanitize=thread
OPT-cover   := -O0 -g --coverage
OPT-analyze := -O1 -g -fanalyzer
OPT-fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
GCC-ONLY := -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wtrampolines -Wjump-misses-init \
        -ftrivial-auto-var-init=$(if $(filter release,$(FLAVOUR)),zero,pattern) -fzero-call-used-regs=used-gpr
# -Wnull-dereference and the optimizer's other flow warnings misfire under sanitizers.
NO-WARN := $(if $(filter asan tsan fuzz cover,$(FLAVOUR)),-Wno-null-dereference -Wno-maybe-uninitialized)
CFLAGS := -std=gnu11 $(WARN) $(HARD) $(if $(findstring clang,$(CC)),-Wno-unknown-warning-option,$(GCC-ONLY)) \
        $(OPT-$(FLAVOUR)) $(NO-WARN) $(EXTRA_CFLAGS)
CPPFLAGS := -I. -I$(GEN) -D_GNU_SOURCE -DFQ_VERSION='"$(VERSION)"' -DFQ_PREFIX='"$(PREFIX)"'
LDFLAGS := $(filter -fsanitize=address% -fsanitize=thread --coverage,$(OPT-$(FLAVOUR))) \
        -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed
NO_UNDEF := -Wl,-z,defs
SO_LDFLAGS := -shared -Wl,--version-script=adapters/adapter.map $(if $(filter release cover analyze,$(FLAVOUR)),$(NO_UNDEF))

# What the sanitizers look at is the same for every way to start a test.
export ASAN_OPTIONS ?= detect_stack_use_after_return=1:strict_string_checks=1:detect_leaks=1
export UBSAN_OPTIONS ?= print_stacktrace=1

# ---- what is built of what ----------------------------------------------------------------------

LAYERS := base core crypto conf io store plugin flow
ADAPTERS := $(filter-out sdk,$(patsubst adapters/%/,%,$(dir $(wildcard adapters/*/*.c))))
ADAPTERS := $(sort $(ADAPTERS))
LIARS := $(patsubst tests/liars/%.c,%,$(wildcard tests/liars/*.c))
UNITS := $(sort $(wildcard tests/unit/*/test_*.c))
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
PROTO_H := $(GEN)/proto/fenqi.pb-c.h

# Which archives a layer's own tests may link with: the rule of design.md 3, kept by the linker.
USES-base    := base
USES-core    := core base
USES-crypto  := crypto base
USES-conf    := conf core base
USES-io      := io crypto core base
USES-store   := store core crypto base
USES-plugin  := plugin core crypto base
USES-flow    := flow plugin core crypto base
USES-daemon  := $(LAYERS)
USES-client  := client crypto base
USES-ctl     := ctl client plugin store conf core crypto base
USES-sdk     := sdk base
USES-huabei  := vectors huabei sdk base
USES-bankcard := vectors bankcard sdk base

LIBS-crypto  := -lcrypto
LIBS-conf    := -lconfig
LIBS-io      := -lzmq -lcurl -lmicrohttpd -lprotobuf-c
LIBS-store   := -lsqlite3
LIBS-plugin  := -ldl -lz
LIBS-client  := -lzmq -lprotobuf-c -lcrypto
LIBS-base    := -lpthread -lsystemd
LIBS-vectors := -lcrypto -lcjson

o = $(patsubst %.c,$(B)/%.o,$(1))
archives = $(foreach layer,$(1),$(B)/lib/$(layer).a)
libs = $(foreach layer,$(1),$(LIBS-$(layer)))

.SECONDEXPANSION:
.SECONDARY:

.DEFAULT_GOAL := all
build: $(B)/fenqid $(B)/fenqictl $(B)/fenqi-sandbox $(B)/libfenqi.so $(B)/libfenqi.a \
       $(patsubst proto/client/%.c,$(B)/%,$(wildcard proto/client/examples/*.c)) \
       $(ADAPTERS:%=$(B)/adapters/%.so)

$(foreach layer,$(LAYERS),$(eval $(B)/lib/$(layer).a: $(call o,$(wildcard daemon/$(layer)/*.c))))
$(B)/lib/io.a: $(B)/gen/fenqi.pb-c.o
$(B)/daemon/store/migrate.o: $(wildcard daemon/store/schema/*.sql)
$(B)/lib/sdk.a: $(call o,$(wildcard adapters/sdk/*.c))
$(B)/lib/huabei.a: $(call o,$(wildcard adapters/huabei/*.c))
$(B)/lib/bankcard.a: $(call o,$(wildcard adapters/bankcard/*.c))
$(B)/lib/vectors.a: $(call o,$(wildcard tests/vectors/*.c))
$(B)/lib/client.a: $(call o,$(wildcard proto/client/*.c)) $(B)/gen/fenqi.pb-c.o
$(B)/lib/ctl.a: $(call o,$(filter-out daemon/ctl/main.c,$(wildcard daemon/ctl/*.c)))
$(B)/lib/%.a:
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)ar rcs $@ $^

# ctl/ talks through the client library; its copy of the generated code comes with io.a or client.a.
$(B)/fenqid: $(call o,$(wildcard daemon/*.c)) $(call archives,flow plugin store io conf core crypto base)
	$(Q)$(CC) -pie $(LDFLAGS) $^ $(call libs,$(LAYERS)) -o $@
$(B)/fenqictl: $(call o,$(wildcard daemon/ctl/*.c)) $(call archives,client plugin store conf core crypto base)
	$(Q)$(CC) -pie $(LDFLAGS) $^ $(call libs,client store conf plugin crypto base) -o $@
# The sandbox stands alone: none of the daemon's archives, none of the adapters'.
$(B)/fenqi-sandbox: $(call o,$(wildcard tests/sandbox/*.c))
	$(Q)$(CC) -pie $(LDFLAGS) $^ -lmicrohttpd -lcurl -lcrypto -lcjson -lpthread -lz -o $@
$(B)/libfenqi.a: $(B)/lib/client.a
	$(Q)cp $< $@
# The generated messages are versioned by their form, for programs hold them by value.
$(B)/fenqi.map: proto/client/fenqi.map $(PROTO_H)
	@mkdir -p $(@D)
	$(Q)form=$$(awk '/^struct .*[^;]$$/, /^};/' $(PROTO_H) | grep -v '^ *[/ ]\*' | sha256sum | cut -c 1-8) && \
	    sed "s/@FORM@/$$form/" $< >$@
$(B)/libfenqi.so: $(call o,$(wildcard proto/client/*.c)) $(B)/gen/fenqi.pb-c.o $(B)/fenqi.map
	$(Q)$(CC) $(LDFLAGS) -shared -Wl,-soname,libfenqi.so.1 -Wl,--version-script=$(B)/fenqi.map \
	    $(filter %.o,$^) $(LIBS-client) -o $@
$(B)/libfenqi.so.1: $(B)/libfenqi.so
	$(Q)ln -sf libfenqi.so $@
# As a storefront builds them: the two public headers, the shared library, nothing else.
$(B)/examples/%: proto/client/examples/%.c proto/client/fenqi.h $(B)/libfenqi.so.1 Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror $(OPT-$(FLAVOUR)) \
	    -Iproto/client -I$(GEN)/proto $< $(LDFLAGS) -L$(B) -Wl,-rpath,'$$ORIGIN/..' -lfenqi -lprotobuf-c -o $@

$(B)/adapters/%.so: $$(call o,$$(wildcard adapters/%/*.c) $$(wildcard adapters/sdk/*.c)) adapters/adapter.map
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) $(SO_LDFLAGS) $(filter %.o,$^) -o $@
$(B)/liars/%.so: $(B)/tests/liars/%.o adapters/adapter.map
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) $(SO_LDFLAGS) $(filter %.o,$^) -o $@

# tests/unit/<layer>/test_x.c links with what its layer may use, and cmocka.
layer_of = $(patsubst tests/unit/%/,%,$(dir $(1)))
define unit_rule
$(B)/$(1:.c=): $(call o,$(1)) $(call archives,$(USES-$(call layer_of,$(1))))
	$$(Q)$$(CC) $$(LDFLAGS) $$^ $(call libs,$(USES-$(call layer_of,$(1)))) -lcmocka -o $$@
endef
$(foreach unit,$(UNITS),$(eval $(call unit_rule,$(unit))))

# Whose fenqi_adapter a fuzzer calls; Huabei's unless it says so.
FUZZES-acp := bankcard
$(B)/tests/fuzz/fuzz_%: $(B)/tests/fuzz/fuzz_%.o \
        $$(call archives,vectors $$(or $$(FUZZES-$$*),huabei) flow plugin store io conf core crypto sdk base)
	$(Q)$(CC) $(LDFLAGS) -fsanitize=fuzzer,address,undefined $^ $(call libs,$(LAYERS) vectors) -o $@
# What the daemon and an adapter would send, for tests/interop.
$(B)/tests/interop/adapter_driver: $(B)/tests/interop/adapter_driver.o $(call archives,plugin core crypto sdk base)
	$(Q)$(CC) $(LDFLAGS) $^ $(call libs,plugin crypto base) -o $@
# Plans and our rates of them, for tests/rates.
$(B)/tests/rates/plans: $(B)/tests/rates/plans.o $(call archives,core base)
	$(Q)$(CC) $(LDFLAGS) $^ $(call libs,base) -o $@
# What tests/crash preloads, and fenqids with a bug that it must find.
$(B)/tests/scenario/calendar.so: tests/scenario/harness/calendar.c
$(B)/tests/crash/hardship.so: tests/crash/hardship.c
$(B)/tests/scenario/calendar.so $(B)/tests/crash/hardship.so:
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -shared -fPIC $< -o $@
FAULTY := $(B)/tests/crash/planted $(B)/tests/crash/unstored
$(B)/tests/crash/planted.c: daemon/flow/drive.c tests/crash/planted.sed
$(B)/tests/crash/unstored.c: daemon/store/transact.c tests/crash/unstored.sed
$(FAULTY:%=%.c):
	@mkdir -p $(@D)
	$(Q)sed -f $(lastword $^) $< >$@ && [ "$$(grep -c '/[*] planted' $@)" -eq "$$(grep -c '/[*] planted' $(lastword $^))" ] || \
	    { rm -f $@; echo "$(lastword $^) does not fit $< any more" >&2; exit 1; }
$(FAULTY:%=%.o): %.o: %.c | $(PROTO_H)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@
$(B)/tests/crash/fenqid-%: $(call o,$(wildcard daemon/*.c)) $(B)/tests/crash/%.o \
        $(call archives,flow plugin store io conf core crypto base)
	$(Q)$(CC) -pie $(LDFLAGS) $^ $(call libs,$(LAYERS)) -o $@
# The bench stands outside, too: it is a shop, a browser and a platform to a daemon of its own.
$(B)/tests/bench/bench: $(call o,$(wildcard tests/bench/*.c)) $(call archives,client)
	$(Q)$(CC) $(LDFLAGS) $^ $(LIBS-client) -lsqlite3 -o $@

# The simulator stands inside: the flow, the store and the models of the platforms in one thread. What the
# daemon allocates and how both sides sign goes through its hands.
SIM_WRAPS := fq_zalloc fq_zalloc_array fq_free fq_keyring_sign fq_keyring_verify key_sign key_verify key_generate \
             unionpay_leaf_make unionpay_leaf_forge fq_cert_field RAND_bytes EVP_PKEY_encrypt fq_assert_failed
$(B)/lib/models.a: $(call o,$(filter-out $(addprefix tests/sandbox/,main.c server.c sender.c),$(wildcard tests/sandbox/*.c)))
$(B)/tests/sim/sim: $(call o,$(wildcard tests/sim/*.c)) $(call archives,models flow plugin store io core crypto base) \
                    $(ADAPTERS:%=$(B)/adapters/%.so)
	$(Q)$(CC) -pie $(LDFLAGS) $(SIM_WRAPS:%=-Wl,--wrap=%) $(filter %.o %.a,$^) \
	    $(call libs,store plugin io crypto base) -lcjson -o $@

$(B)/%.o: %.c Makefile | $(PROTO_H)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@
$(B)/gen/%.o: $(GEN)/proto/%.c Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(filter-out -W% -fvisibility=hidden,$(CFLAGS)) -c $< -o $@
$(GEN)/proto/fenqi.pb-c.h: $(GEN)/proto/fenqi.pb-c.c ;
$(GEN)/proto/fenqi.pb-c.c: proto/fenqi.proto
	@mkdir -p $(@D)
	$(Q)protoc --c_out=$(GEN)/proto -Iproto proto/fenqi.proto

# ---- install ------------------------------------------------------------------------------------

LIBDIR := $(DESTDIR)$(PREFIX)/lib
# A distribution with several architectures: MULTIARCH=x86_64-linux-gnu. Only libfenqi lies there.
MULTIARCH ?=
CLIENTDIR := $(LIBDIR)$(if $(MULTIARCH),/$(MULTIARCH))
install: build
	install -D -m 755 $(B)/fenqid $(DESTDIR)$(PREFIX)/sbin/fenqid
	install -D -m 755 $(B)/fenqictl $(DESTDIR)$(PREFIX)/bin/fenqictl
	install -D -m 644 -t $(LIBDIR)/fenqid/adapters $(patsubst %,$(B)/adapters/%.so,$(filter-out example,$(ADAPTERS)))
	install -D -m 755 $(B)/libfenqi.so $(CLIENTDIR)/libfenqi.so.1
	ln -sf libfenqi.so.1 $(CLIENTDIR)/libfenqi.so
	install -D -m 644 $(B)/libfenqi.a $(CLIENTDIR)/libfenqi.a
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/include proto/client/fenqi.h $(PROTO_H)
	install -D -m 644 proto/fenqi.proto $(DESTDIR)$(PREFIX)/share/fenqid/fenqi.proto
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man3 proto/client/fenqi.3
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/fenqid/examples proto/client/examples/*.c
	mkdir -p $(CLIENTDIR)/pkgconfig
	sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|lib$(if $(MULTIARCH),/$(MULTIARCH))|; s|@VERSION@|$(VERSION)|' proto/client/libfenqi.pc.in >$(CLIENTDIR)/pkgconfig/libfenqi.pc
	install -D -m 644 -t $(LIBDIR)/systemd/system systemd/fenqid.service systemd/fenqid-web.socket
	sed -f systemd/instance.sed systemd/fenqid.service >$(LIBDIR)/systemd/system/fenqid@.service
	install -D -m 644 -t $(LIBDIR)/sysusers.d systemd/sysusers.d/fenqid.conf
	install -D -m 644 -t $(LIBDIR)/tmpfiles.d systemd/tmpfiles.d/fenqid.conf
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man1 daemon/ctl/fenqictl.1
	mkdir -p $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/vendor-completions
	$(B)/fenqictl completion bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/fenqictl
	$(B)/fenqictl completion zsh >$(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/_fenqictl
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/fenqid conf/prometheus-rules.yml conf/grafana-dashboard.json
	install -D -m 644 -t $(LIBDIR)/systemd/catalog systemd/fenqid.catalog systemd/fenqid.zh_CN.catalog
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/fenqid/examples systemd/credentials.conf systemd/backoff.conf conf/nginx.conf
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man8 systemd/fenqid.8
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man5 conf/fenqid.conf.5
	install -D -m 640 conf/fenqid.conf $(DESTDIR)/etc/fenqid/fenqid.conf
	install -D -m 640 -t $(DESTDIR)/etc/fenqid/issuers conf/issuers/unionpay-example.conf
	install -D -m 640 conf/merchants.d/example.conf $(DESTDIR)/etc/fenqid/merchants.d/example.conf.sample

# ---- the two commands -----------------------------------------------------------------------------

JOBS ?= $(shell nproc)
# Each step says what it is and runs in its own make, so that flavours do not mix.
step = @printf '\n== %s\n' '$(1)'
sub = $(MAKE) --no-print-directory -s -j $(JOBS)

demo:
	@sh tests/install.sh build demo
	$(call step,building)
	@$(sub) build
	@sh tests/demo.sh $(B)

# Until Ctrl-C.
shop:
	@sh tests/install.sh build demo shop
	$(call step,building)
	@$(sub) build $(B)/tests/scenario/calendar.so
	@sh tests/storefront/run.sh shop $(B)

# FILES='...': these tests only.
browser:
	@sh tests/install.sh build demo shop browser
	@$(sub) build $(B)/tests/scenario/calendar.so
	@sh tests/storefront/run.sh browser $(B) $(FILES)

check:
	@sh tests/install.sh build demo check
	@sh tests/check.sh

check-all:
	@sh tests/install.sh build demo check check-all
	@sh tests/check.sh all

# Debian packages of what is committed, into build/deb; tests/packages.sh tests them.
deb:
	@sh tests/install.sh build check-all
	@sh tests/packages.sh build/deb

# ---- tests, one kind each --------------------------------------------------------------------------

tests-build: build $(UNITS:%.c=$(B)/%) $(LIARS:%=$(B)/liars/%.so) $(B)/tests/interop/adapter_driver \
             $(B)/tests/rates/plans

unit: tests-build
	@FENQI_BUILD=$(B) sh tests/run-units.sh $(UNITS:%.c=$(B)/%)

# What is shipped as the tables of daemon/conf say; tests/unit/conf/test_shipped compares.
shipped: $(B)/tests/unit/conf/test_shipped
	@$< --write

sandbox-test: $(B)/fenqi-sandbox
	@FENQI_BUILD=$(B) sh tests/sandbox/test_sandbox.sh

scenario: build
	@sh tests/run-scenarios.sh $(B)

# POINTS=20 (of some 800), SEED=; POINT='...' or HARDSHIP='...': one that a report names; HARDSHIP=all [POINTS=300].
crash: build $(B)/tests/crash/fenqid-planted $(B)/tests/crash/fenqid-unstored $(B)/tests/crash/hardship.so $(B)/tests/scenario/calendar.so
	@POINTS="$(POINTS)" SEED="$(SEED)" POINT="$(POINT)" HARDSHIP="$(HARDSHIP)" PLANTED="$(PLANTED)" sh tests/crash/run.sh $(B)

lint:
	@mkdir -p build
	@sh tests/lint/layers.sh
	@sh tests/lint/tree.sh
	@sh tests/lint/manual.sh
	@sh tests/lint/man.sh
	@sh tests/lint/systemd.sh

format-check:
	@clang-format --dry-run --Werror $$(git ls-files '*.[ch]') && echo "format: ok"

# Whatever it says but how much it hid is a failure.
tidy: $(PROTO_H)
	@printf '%s\n' $(wildcard daemon/*.c daemon/*/*.c adapters/*/*.c proto/client/*.c) | \
	    xargs -P $(JOBS) -I{} clang-tidy --quiet {} -- $(CPPFLAGS) -std=gnu11 2>&1 | \
	    { ! grep -vE '^[0-9]+ warnings? (generated|treated as errors?)\.$$'; } && echo "tidy: ok"

cppcheck:
	@cppcheck --quiet --enable=warning,style,performance,portability --std=c11 --inline-suppr \
	    --error-exitcode=1 --suppress=missingIncludeSystem --suppress=constParameterCallback \
	    --library=posix --library=bsd -D_GNU_SOURCE -DFQ_VERSION='"0"' -I. daemon adapters proto/client && \
	    echo "cppcheck: ok"

analyze:
	@$(sub) FLAVOUR=analyze build

FUZZ_SECONDS ?= 5
fuzzers: $(FUZZERS:%=$(B)/tests/fuzz/fuzz_%)
fuzz:
	@$(sub) FLAVOUR=fuzz CC=clang fuzzers
	@printf '%s\n' $(FUZZERS) | xargs -P $(JOBS) -I{} sh tests/fuzz/run.sh {} $(FUZZ_SECONDS)

bench:
	@sh tests/install.sh build demo
	@$(sub) $(B)/fenqid $(ADAPTERS:%=$(B)/adapters/%.so) $(B)/tests/bench/bench
	@sh tests/bench/run.sh $(B)

# Planted bugs, each to be caught within so many seeds.
sim-mutants: $(B)/tests/sim/sim
	@SIM_COMPILE='$(CC) $(CPPFLAGS) $(CFLAGS)' \
	    SIM_LINK='$(CC) -pie $(LDFLAGS) $(SIM_WRAPS:%=-Wl,--wrap=%)' \
	    SIM_LINK_ADAPTER='$(CC) $(LDFLAGS) $(SO_LDFLAGS)' \
	    SIM_PARTS='$(call o,$(wildcard tests/sim/*.c)) $(call archives,models flow plugin store io core crypto base) $(call libs,store plugin io crypto base) -lcjson' \
	    sh tests/sim/mutants.sh $(B) $(or $(SEEDS),10000)

# SEED=K tells one history; SEEDS=N [FROM=K] runs many.
sim: $(B)/tests/sim/sim
	@$< $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),300) --from $(or $(FROM),1)) $(SIM_OPTIONS)

# Those that showed a bug once.
sim-seeds: $(B)/tests/sim/sim
	@$< --list tests/sim/seeds

# On all cores, or on JOBS of them.
sim-nightly: $(B)/tests/sim/sim
	@sh tests/sim/nightly.sh $< $(or $(SEEDS),100000) $(or $(FROM),1)

clean:
	rm -rf build tests/node_modules tests/node/node_modules

-include $(shell find $(B) -type f -name '*.d' 2>/dev/null)
.PHONY: all build install deb demo shop browser check check-all tests-build unit shipped sandbox-test scenario crash lint format-check \
        tidy cppcheck analyze fuzz fuzzers bench sim sim-mutants sim-seeds sim-nightly clean
