# Everything runs in .venv, which is made from the locked files; a change of a lock file makes it anew.
PYTHON ?= python3
BIN := .venv/bin
ONCE ?=
EMPTY ?=
ARGS ?=
SEEDS ?= 1000
SEED ?=
NAME ?=
MINUTES ?= 30
# On which database each story is played: tests/drawn.py. Empty, as by `make both`: on both.
DRAW := $(or $(shell git rev-parse HEAD 2>/dev/null),once)

.PHONY: help demo browser test both check faults soak format bench scale search simulate rows picture screenshots migration lock clean
.DEFAULT_GOAL := help

help:  ## what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.venv/run.stamp: requirements.txt
	@echo "Preparing .venv (once) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it with make PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-compile -r requirements.txt
	@touch $@

.venv/dev.stamp: requirements-dev.txt .venv/run.stamp
	@echo "Adding the development tools (once) ..."
	@$(BIN)/python -m compileall -qq .venv/lib & \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-compile -r requirements-dev.txt; \
	installed=$$?; wait; exit $$installed
	@touch $@

demo: .venv/run.stamp  ## a page with a pretend Slack and pretend phones (EMPTY=1; ONCE=1: a tour in the terminal)
	@$(BIN)/python -m bridge.sandbox $(if $(ONCE),--once) $(if $(EMPTY),--empty)

check: .venv/dev.stamp  ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

browser: .venv/dev.stamp  ## a Chromium for the tests of the page, where there is none
	@$(BIN)/python -m tests.browser

# What six processes are to read is compiled by one of them, beside the checks.
test: .venv/dev.stamp browser  ## all of check, and beside it all tests; each story on SQLite or PostgreSQL, drawn by the commit
	@said=$$(mktemp); $(MAKE) --no-print-directory check > $$said 2>&1 & checking=$$!; \
	export PYTHONDONTWRITEBYTECODE=; $(BIN)/python -m pytest --collect-only -qq > /dev/null; \
	STORIES_DRAWN=$(DRAW) $(BIN)/python -m pytest -n 6 --dist loadgroup; tested=$$?; \
	wait $$checking; checked=$$?; cat $$said; rm -f $$said; exit $$((tested + checked))

both: DRAW =
both: test  ## the same, with every story on both databases (some minutes more)

faults: .venv/dev.stamp  ## every way to die and to be let down, the long runs (an hour or two; ARGS="--only F1 F13")
	@$(BIN)/python -m tests.faults $(ARGS)

soak: .venv/dev.stamp  ## mixed load with random trouble, and what grows meanwhile (MINUTES=30)
	@$(BIN)/python -m tests.faults.soak --minutes $(MINUTES) $(ARGS)

format: .venv/dev.stamp  ## put the code in shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/dev.stamp  ## how fast it is, beside a control (minutes; ARGS="--quick --only accepted,latency")
	$(BIN)/python -m benchmarks $(ARGS)

scale: .venv/dev.stamp  ## what a text costs with one firm and with ten thousand (minutes, and 4 GB in TMPDIR)
	$(BIN)/python -m benchmarks.scale

search: .venv/dev.stamp  ## entering leads, and finding one among a thousand and a million (minutes; ARGS="--quick")
	$(BIN)/python -m benchmarks.leads $(ARGS)

simulate: .venv/dev.stamp  ## worlds of trouble, drawn at random (SEEDS=100000; SEED=149 shows one)
	@$(BIN)/python -m tests.simulation $(if $(SEED),--seed $(SEED),$(SEEDS))

rows: .venv/dev.stamp  ## which tests prove which row of docs/features.md
	@$(BIN)/python -m tests.house.rows

picture: .venv/dev.stamp  ## draw docs/tour.svg from what the demo really says
	@$(BIN)/python -m docs.picture

screenshots: browser  ## draw docs/page*.png, the page of the demo in its main states
	@$(BIN)/python -m docs.screenshots

migration: .venv/dev.stamp  ## draft the next migration from bridge/store/tables.py (NAME="What changes")
	@test -n "$(NAME)" || { echo 'Say what changes: make migration NAME="What changes"'; exit 1; }
	@$(BIN)/python -m bridge.store.migrations.draft "$(NAME)"
	@$(BIN)/ruff format --quiet bridge/store/migrations/versions

lock: .venv/dev.stamp  ## renew the locked dependencies
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --extra postgres pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --extra postgres --group dev -c requirements.txt pyproject.toml -o requirements-dev.txt

clean:  ## forget .venv and caches
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
