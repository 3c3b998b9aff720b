# Everything here needs Python 3.11 or newer and make. `kafka` needs Maven and Java besides; `test-real` what it says;
# `chaos-all`, `soak` and `universal` Apache Kafka (`make kafka`) and Java; `test-browser` Chromium; `lock` uv.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
KAFKA := .kafka/libs

.DEFAULT_GOAL := help
.PHONY: help demo up check test test-real test-browser chaos chaos-all soak universal kafka bench clean lock schemas migration docs

help: ## list what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: .venv/.run ## start everything, tell the story of 60 referrals, check every promise, stop
	$(BIN)/motesplats demo

up: .venv/.run ## start everything and keep it running; prints where the pages are
	$(BIN)/motesplats up

check: .venv/.dev ## style, types, import contracts, schemas and docs current, known vulnerabilities
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m schemas --check
	$(BIN)/python -m tests.support.docs --check
	$(BIN)/python -m tests.support.audit

test: .venv/.dev ## all tests that need nothing but Python
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not real and not browser and not chaos" tests

test-real: .venv/.dev ## journeys on Apache Kafka, and the short set of chaos: KAFKA_BOOTSTRAP_SERVERS, or what `make kafka` fetched
	$(BIN)/python -m pytest -m "real or chaos" tests

chaos: .venv/.dev ## let things go wrong and check a ledger: SCENARIO=kills SEED=1 REFERRALS=2000 RATE=25 BROKER=tansu; also STEPS=10, KEEP=yes
	$(BIN)/python -m tests.chaos --scenario $(or $(SCENARIO),kills) --seed $(or $(SEED),1) \
	  --referrals $(or $(REFERRALS),2000) --rate $(or $(RATE),25) --steps $(or $(STEPS),0) \
	  --broker $(or $(BROKER),tansu) $(if $(KEEP),--keep)

chaos-all: .venv/.dev ## every scenario on both brokers, some at a time, and keep the figures: JOBS=2 REFERRALS=2000 RATE=25
	$(BIN)/python -m tests.chaos --scenario all --brokers kafka,tansu --jobs $(or $(JOBS),2) --seed $(or $(SEED),1) \
	  --referrals $(or $(REFERRALS),2000) --rate $(or $(RATE),25) --keep

soak: .venv/.dev ## a million events on Apache Kafka, and what grows meanwhile; writes docs/soak.md
	$(BIN)/python -m tests.soak --events $(or $(EVENTS),1000000)

universal: .venv/.dev ## the promises of the runtime, many times at once on both brokers: COPIES=20 BACKLOG=5000, or 1 and 100000
	$(BIN)/python -m tests.universal --copies $(or $(COPIES),20) --backlog $(or $(BACKLOG),5000)

test-browser: .venv/.dev ## pages in Debian's Chromium, by axe-core, keyboard and without JavaScript; skips without it
	$(BIN)/python -m pytest -m browser tests/browser

kafka: ## fetch Apache Kafka with Maven, for test-real
	mvn -q -B -f tests/real/kafka/pom.xml dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/$(KAFKA)

bench: .venv/.dev ## measure, beside the floors; writes bench/results.json
	$(BIN)/python -m bench

clean: ## remove what was made here, but not data in .motesplats
	rm -rf .venv .kafka .pytest_cache .mypy_cache .ruff_cache .hypothesis .schemathesis .import_linter_cache build dist *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +

lock: .venv/.dev ## resolve the dependencies anew (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links \
	  --extra embedded pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links \
	  --extra embedded --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links \
	  --extra production -c requirements.lock pyproject.toml -o requirements-production.lock

schemas: .venv/.dev ## write the JSON Schemas of the events
	$(BIN)/python -m schemas

migration: .venv/.dev ## write the migration that changed tables ask for: SERVICE=activities MESSAGE="Add seats"
	$(BIN)/python -m tests.support.migration $(SERVICE) "$(MESSAGE)"

docs: .venv/.dev ## write what is generated: README's tables, AsyncAPI, commands, settings, states, matching, wishes, authorisation, chaos
	$(BIN)/python -m tests.support.docs

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; say which with PYTHON=..."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.run: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing (once) ..."
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.run | .venv/bin/python
	$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@
