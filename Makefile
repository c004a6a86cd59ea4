# Every step of the project; continuous integration only calls make.

NGINX_BIN ?= /usr/sbin/nginx
NGINX_MODULES_DIR ?= /usr/lib/nginx/modules
MODULE = build/ngx_upstream_tls_diag_module.so
FAULT = build/ngx_upstream_tls_diag_module-fault.so
PROBE = build/tlsdiag-probe
E2E = env NGINX_BIN=$(NGINX_BIN) NGINX_MODULES_DIR=$(NGINX_MODULES_DIR) \
	NGINX_SOURCE_DIR=$$(scripts/nginx-source) \
	TLSDIAG_MODULE=$(CURDIR)/$(MODULE) TLSDIAG_MODULE_FAULT=$(CURDIR)/$(FAULT) \
	TLSDIAG_PROBE=$(CURDIR)/$(PROBE)

.PHONY: help deps build demo test test-core test-probe test-capi test-e2e test-proofs test-recipes lint fuzz matrix
.PHONY: proofs converge soak soak-counters bench bench-explain deb test-deb test-container versions observability clean
.PHONY: module fault quiet probe

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

deps: ## install what all targets need (Debian)
	scripts/deps matrix
	scripts/deps bench

build: ## build the module: build/ngx_upstream_tls_diag_module.so
	scripts/deps build
	$(MAKE) --no-print-directory module

module:
	scripts/build-module $(MODULE)

fault:
	scripts/build-module $(FAULT) fault-injection

probe:
	cargo build --quiet --locked --features probe
	install -D "$${CARGO_TARGET_DIR:-target}/debug/tlsdiag" $(PROBE)

demo: ## break ten upstreams on loopback and show what nginx and the module say
	scripts/deps demo
	$(MAKE) --no-print-directory module
	$(E2E) cargo run --quiet --locked -p tlsdiag-e2e --bin demo

test: ## everything: core, C ABI, end to end on a real nginx, lints
	scripts/deps test
	$(MAKE) --no-print-directory test-core test-probe test-capi test-e2e test-proofs test-recipes lint

test-core: ## the analysis core alone; needs nothing but Rust
	cargo test --quiet --locked

test-probe: ## what 'tlsdiag probe' adds to it, on OpenSSL
	cargo test --quiet --locked --features probe --bins --test cli

test-capi: ## the C ABI, from C and through its header's bindings
	cargo test --quiet --locked -p tlsdiag-capi-tests

test-e2e: module fault probe ## every diagnosis on a real nginx, with real TLS stacks
	$(E2E) cargo test --quiet --locked -p tlsdiag-e2e

test-proofs: module probe ## what the probe proves, in a minute: one stack, one version
	$(E2E) cargo run --quiet --locked -p tlsdiag-e2e --bin proofs -- --few

test-recipes: module ## the recipes of contrib/ whose programs are small
	$(E2E) cargo test --quiet --locked -p tlsdiag-observability --test light

lint: ## formatting and clippy, where the toolchain has them
	@if cargo fmt --version >/dev/null 2>&1; then cargo fmt --all --check && \
			cargo fmt --manifest-path fuzz/Cargo.toml --check; \
		else echo "rustfmt is not installed: formatting is not checked"; fi
	@if cargo clippy --version >/dev/null 2>&1; then \
		NGINX_SOURCE_DIR=$$(scripts/nginx-source) cargo clippy --quiet --locked --workspace \
			--all-targets --features tlsdiag/capi,tlsdiag/probe -- -D warnings; \
		else echo "clippy is not installed: lints are not checked"; fi

fuzz: ## a minute (FUZZ_SECONDS) of libFuzzer for each of the readers, the recorder and the reports
	scripts/deps fuzz
	scripts/fuzz

matrix: ## every cause on every TLS stack, every printed fix pasted; writes docs/matrix.md
	scripts/deps matrix
	$(MAKE) --no-print-directory module
	$(E2E) cargo run --quiet --locked -p tlsdiag-e2e --bin matrix -- --write docs/matrix.md

SEED ?= 1
COUNT ?= 100
proofs: ## what the probe proves in every scenario, pasted into nginx; writes docs/matrix.md
	scripts/deps matrix
	$(MAKE) --no-print-directory module probe
	$(E2E) cargo run --quiet --locked -p tlsdiag-e2e --bin proofs -- --write docs/matrix.md

converge: ## random breakages, what is printed pasted until 200 (SEED=1,2,3 COUNT=100 WRITE=docs/matrix.md)
	scripts/deps matrix
	$(MAKE) --no-print-directory module
	$(E2E) cargo run --quiet --locked -p tlsdiag-e2e --bin converge -- $(if $(WRITE),--write $(WRITE)) $(SEED) $(COUNT)

deb: ## build the Debian packages: build/deb/*.deb
	scripts/deps deb
	scripts/deb

test-deb: deb ## install, use and remove them in a clean system of this release (needs root)
	scripts/deps test-deb
	scripts/test-deb

test-container: ## the container recipe, in folders of Debian 13 (needs root)
	scripts/deps test-container
	scripts/test-container

versions: ## the end-to-end causes on other nginx and OpenSSL versions (needs root; half an hour)
	scripts/deps versions
	scripts/versions

quiet: ## 10,000 healthy and 10,000 ordinarily refused requests, aborts, idle closes: not a word
	scripts/deps demo
	$(MAKE) --no-print-directory module
	$(E2E) TLSDIAG_QUIET=10000 cargo test --quiet --locked -p tlsdiag-e2e --test response no_false_alarms

soak: ## 100,000 failing and 100,000 good handshakes, with reloads: lines, crashes, memory
	scripts/deps demo
	$(MAKE) --no-print-directory module
	$(E2E) cargo run --quiet --locked -p tlsdiag-e2e --bin soak

soak-counters: ## 200,000 handshakes over two workers, with kills, reloads and USR2: every counter
	scripts/deps demo
	$(MAKE) --no-print-directory module
	$(E2E) cargo run --quiet --locked -p tlsdiag-e2e --bin soak-counters

bench-explain: ## processor time of `tlsdiag explain` on 1 GB against grep -c
	scripts/bench-explain

bench: ## what requests cost with and without the module, callgrind and a storm (WRITE=README.md)
	scripts/deps bench
	$(MAKE) --no-print-directory module
	$(E2E) cargo run --quiet --locked -p tlsdiag-e2e --bin bench -- $(if $(WRITE),--write $(WRITE))

observability: ## Prometheus, a browser, log shippers and databases read what is written (installs them; minutes)
	scripts/deps observability
	scripts/observability-tools
	$(MAKE) --no-print-directory module
	$(E2E) cargo test --quiet --locked -p tlsdiag-observability

clean: ## remove what was built
	rm -rf build fuzz/target fuzz/corpus fuzz/artifacts
	cargo clean
