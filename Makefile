# The commands of this project. A person and CI call the same ones.
#
# Every target that compiles first runs scripts/bootstrap, which installs what
# is missing and is done in a moment when nothing is. CARGO_TARGET_DIR is
# respected throughout.

CARGO := scripts/cargo
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
DATA_DIR ?= ./data
LISTEN ?= 127.0.0.1:50051
MINUTES ?= 20

.DEFAULT_GOAL := help
.PHONY: help bootstrap run build deb test test-rust test-python test-console attacks attacks-measured lint clippy doc fmt fmt-check deny fuzz bench

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  make run takes DATA_DIR= (now $(DATA_DIR)) and LISTEN= (now $(LISTEN))."

bootstrap: ## Install what a build needs, if it is missing
	@scripts/bootstrap

run: build ## Build, fill the data directory if there is none, and serve
	@scripts/run "$(TARGET_DIR)/release/interdict" "$(DATA_DIR)" "$(LISTEN)"

build: bootstrap ## Build the release binary
	$(CARGO) build --release --locked

deb: build ## Build the Debian package (needs cargo-deb)
	@scripts/package "$(TARGET_DIR)/release/interdict"

test: test-rust test-python test-console attacks ## Run every test; the browser's and Python's where those are present

test-rust: bootstrap
	$(CARGO) test --locked

test-python: test-rust
	@INTERDICT_BIN="$(TARGET_DIR)/debug/interdict" tests/python/run

test-console: test-rust ## Test the console in a browser
	@INTERDICT_BIN="$(TARGET_DIR)/debug/interdict" tests/console/run

attacks: test-rust ## Attack a daemon with everything there is: does it hold?
	@INTERDICT_BIN="$(TARGET_DIR)/debug/interdict" tests/attacks/run

attacks-measured: build ## Measure an honest client beside each attack (45 minutes)
	@INTERDICT_BIN="$(TARGET_DIR)/release/interdict" tests/attacks/run --full

lint: clippy doc ## Run clippy and rustdoc, warnings denied

clippy: bootstrap
	$(CARGO) clippy --all-targets --locked -- -D warnings

# Through rustdoc's own variable: RUSTFLAGS would replace the flags in
# .cargo/config.toml and so compile everything once more.
doc: bootstrap
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps --document-private-items --locked

fmt: ## Format the code
	cargo fmt

fmt-check:
	cargo fmt --check

deny: ## Check licences, sources, duplicates and advisories of the dependencies
	@scripts/deny

fuzz: ## Fuzz the address rules and every list reader, MINUTES= each (needs a nightly toolchain and cargo-fuzz)
	cd fuzz && cargo +nightly fuzz run -s address parse -- -max_len=2200 -max_total_time=$$(( $(MINUTES) * 60 ))
	cd fuzz && cargo +nightly fuzz run -s address pipeline -- -max_len=256 -max_total_time=$$(( $(MINUTES) * 60 ))
	cd fuzz && for reader in $$(cargo +nightly fuzz list | grep -e '^read_' -e '^unpack$$'); do \
	  cargo +nightly fuzz run -s address $$reader -- -max_len=16384 -timeout=30 -max_total_time=$$(( $(MINUTES) * 60 )) || exit 1; \
	done

bench: bootstrap ## Run the benchmarks
	$(CARGO) bench --locked
