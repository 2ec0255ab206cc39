# The two commands that matter are `make demo` and `make test`.

CARGO ?= cargo
DEMO := target/demo

.PHONY: demo test world lint fmt bench storm install check fuzz mutate

## demo: build, then import some 3,000 flawed rows into a simulated app and look at the result
demo:
	$(CARGO) build --release --locked
	@tests/demo.sh target/release/im-unread $(DEMO)

## test: everything; those of full disks mount a tmpfs, or SKIP_DISK_TESTS=1 leaves them out; most integration tests wait for a paced server, so more run than there are cores
test: export RUST_TEST_THREADS ?= 6
test:
	$(CARGO) test --locked

## world: the deterministic world through SEEDS seeds, or through one SEED again, with its last commands
world: export WORLD_SEEDS = $(SEEDS)
world: export WORLD_SEED = $(SEED)
world:
	$(CARGO) test --locked --lib import::tests::world::every -- --nocapture

## lint: formatting, clippy, documentation, dependencies
lint:
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps --document-private-items --locked
	@command -v cargo-deny >/dev/null || { echo "cargo-deny is missing: cargo install --locked cargo-deny" >&2; exit 1; }
	$(CARGO) deny --config .cargo/deny.toml check bans licenses sources

fmt:
	$(CARGO) fmt

## bench: the parts, then what a user waits for; minutes on a quiet machine, BENCH_ROWS for another size
BENCH_ROWS ?= 10000000
bench:
	$(CARGO) bench --locked --bench parts
	$(CARGO) build --release --locked
	tests/benches/run.sh target/release/im-unread $(BENCH_ROWS)

## storm: 200 kills over one import against a faulty server, then 200 times SIGTERM; about 20 minutes
storm:
	$(CARGO) build --release --locked
	tests/benches/storm.py target/release/im-unread --signal KILL
	tests/benches/storm.py target/release/im-unread --signal TERM

## fuzz: each target for FUZZ_SECONDS, guided by coverage; needs cargo-fuzz and a C++ compiler
FUZZ_SECONDS ?= 300
FUZZ_TARGETS := csv jsonl json sniffed checkpoint answer user_sig
fuzz:
	@command -v cargo-fuzz >/dev/null || { echo "cargo-fuzz is missing: cargo install --locked cargo-fuzz" >&2; exit 1; }
	@for target in $(FUZZ_TARGETS); do \
		mkdir -p target/fuzz/$$target; \
		$(CARGO) fuzz run -s none --fuzz-dir tests/cover $$target target/fuzz/$$target $$(ls -d tests/corpus/$$target 2>/dev/null) \
			-- -max_total_time=$(FUZZ_SECONDS) || exit 1; \
	done

## mutate: the same targets by random mutation of the corpus, without any tool; what breaks is kept in target/findings
mutate:
	FUZZ_SECONDS=$(FUZZ_SECONDS) $(CARGO) test --locked --profile fuzz --test fuzz -- --nocapture

install:
	$(CARGO) install --locked --path .

check: lint test
