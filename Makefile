# SPDX-License-Identifier: Apache-2.0
# Thin: the work is done by CMake presets (CMakePresets.json). `make run` and `make test` do all the set-up.
JOBS ?= $(shell nproc)

.PHONY: run test test-long docs-test screenshots build bench bench-full soak fuzz format lint clean packages build-asan test-asan
run: build
	@app/manifests/demo/run build/tagwire

build: packages
	@cmake --preset $(if $(CI),ci,dev) > build.log 2>&1 || { cat build.log; exit 1; }; rm -f build.log
	@cmake --build build -j $(JOBS)

test: build
	@ctest --preset $(if $(CI),ci,dev) -LE long

test-long: build
	@ctest --preset dev -L long

# Runs every command and example of the documentation; half a minute.
docs-test: build
	@docs/run-examples build/tagwire

# The README's pictures, anew. Look at them before you commit them.
screenshots: build
	@ctest --preset dev -R '^web_demo$$'
	@mkdir -p docs/images && cp build/screenshots/readme/*.png docs/images/

build-asan: packages
	@cmake --preset asan > /dev/null
	@cmake --build build-asan -j $(JOBS)

test-asan: build-asan
	@ctest --preset asan -LE "long|slow"

FUZZED = modbus_framing jwt fix_lines
fuzz:
	@command -v clang++ >/dev/null || { echo "fuzzing needs clang: apt-get install clang"; exit 1; }
	@cmake --preset fuzz > /dev/null
	@cmake --build build-fuzz -j $(JOBS) --target $(addprefix fuzz_,$(FUZZED))
	@for name in $(FUZZED); do \
	  build-fuzz/fuzz/fuzz_$$name -max_total_time=60 -print_final_stats=1 -artifact_prefix=build-fuzz/$$name- || exit 1; done

bench: packages
	@cmake --preset release > /dev/null
	@cmake --build build-release -j $(JOBS) --target all bench
	@bench/run build-release

# With the rows, rounds and seconds of a thorough look; an hour and some 40 GB in /var/tmp.
bench-full: packages
	@cmake --preset release > /dev/null
	@cmake --build build-release -j $(JOBS) --target all bench
	@bench/run build-release --full

# An hour of the whole program while what it hangs on fails in turn; MINUTES=10 for less.
soak: packages
	@cmake --preset release > /dev/null
	@cmake --build build-release -j $(JOBS)
	@bench/soak.py build-release --minutes $(or $(MINUTES),60)

format:
	@git ls-files '*.cpp' '*.h' | xargs clang-format -i

# clang-tidy over all that is installed; some twenty minutes.
lint: build
	@command -v clang-tidy >/dev/null || { echo "lint needs clang-tidy: apt-get install clang-tidy"; exit 1; }
	@tests/lint -j $(JOBS) build

packages:
	@packaging/install-packages

clean:
	@rm -rf build build-release build-asan build-fuzz
