# The face of the project: `make help` lists what there is. Everything below is cmake and ctest underneath.
BUILD := build/release
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
# Every source file, new ones that git does not know yet among them.
SOURCES = git ls-files --cached --others --exclude-standard '*.cpp' '*.hpp' | xargs ls 2>/dev/null

# More for `bench/run`: BENCH_OPTIONS="--docs docs" writes docs/performance.md.
BENCH_OPTIONS ?=
FUZZ_SECONDS ?= 60
FUZZERS ?= wire text server client

.PHONY: build configure run test test-interop fuzz coverage bench bench-programs bench-quick format tidy install clean help

build: configure ## build the command, the library, the examples, the tests and the benchmarks
	@cmake --build --preset release

configure:
	@scripts/setup
	@test -f $(BUILD)/build.ninja || cmake --preset release

run: configure ## ask a server that drops half of its datagrams, and get every answer
	@cmake --build --preset release --target volley_command
	@scripts/demo $(BUILD)/volley

test: build ## run every test that needs nothing but this machine
	@ctest --preset release --label-exclude interop -j $(JOBS)

test-interop: build ## run the tests against dnsmasq, unbound, chrony and coturn (installs them)
	@scripts/setup interop
	@ctest --preset release --label-regex interop -j $(JOBS)

fuzz: ## search with libFuzzer for inputs that break the wire or a core, FUZZ_SECONDS=60 each (installs clang 19)
	@scripts/setup
	@scripts/setup fuzz
	@test -f build/fuzz/build.ninja || cmake --preset fuzz
	@cmake --build --preset fuzz --target $(FUZZERS:%=fuzz_%) $(FUZZERS:%=replay_%)
	@scripts/fuzz build/fuzz $(FUZZ_SECONDS) $(FUZZERS)

coverage: ## print how many lines of src/wire and src/core the tests run, 95% at least (installs gcovr)
	@scripts/setup
	@scripts/setup coverage
	@test -f build/coverage/build.ninja || cmake --preset coverage
	@find build/coverage -name '*.gcda' -delete
	@cmake --build --preset coverage --target unit_wire unit_core unit_seal sweep
	@scripts/coverage build/coverage

# Configured again for what setup may have installed: a peer is built if its library is found.
bench-programs: configure
	@scripts/setup bench
	@cmake --preset release >/dev/null
	@cmake --build --preset release --target bench_programs

bench: bench-programs ## one table: Volley against bare system calls and its peers, in under 10 minutes (installs the peers)
	@bench/run $(BUILD) --json $(BUILD)/bench/table.json --markdown $(BUILD)/bench/table.md $(BENCH_OPTIONS)

bench-quick: bench-programs ## the same in under a minute: does everything run?
	@bench/run $(BUILD) --quick

format: ## format every source file
	@scripts/setup lint
	@$(SOURCES) | xargs clang-format-19 -i

tidy: build ## check the format, then clang-tidy
	@scripts/setup lint
	@$(SOURCES) | xargs clang-format-19 --dry-run -Werror
	@scripts/tidy $(BUILD)

install: configure ## install the command, the library and the headers below PREFIX
	@cmake --build --preset release --target volley_command volley
	@cmake --install $(BUILD) --prefix $(PREFIX)

clean: ## remove what was built
	@rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | awk -F'|' '{printf "  make %-13s %s\n", $$1, $$2}'
