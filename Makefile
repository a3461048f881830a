# `make` lists the targets. Needs Python 3.11 or newer; everything else comes from requirements*.txt.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
BIN := .venv/bin
# pip checks every package against the hash in the file.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes

.PHONY: help run install test check bench requirements messages clean
.DEFAULT_GOAL := help

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile | expand -t 22

run: $(BIN)/.run ## Start everything; Ctrl-C stops it (ADMIN_EMAIL, ADMIN_PASSWORD, SAMPLE=no, DSPACE_PORT, DSPACE_VAR)
	@$(BIN)/python -m dspace.embedded.run --stop-with-parent

install: $(BIN)/.run ## Install the packages only (docs/install.md)

test: $(BIN)/.browser $(BIN)/.solr $(BIN)/.harvesters $(BIN)/.handle ## Run all tests (TESTS=tests/unit for some)
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(TESTS)

check: $(BIN)/.dev ## Check style, types, layers, migrations, the production settings and known vulnerabilities
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-logo
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	.ci/audit

# A site behind TLS, as docs/install.md describes it.
PRODUCTION := dspace__P__baseUrl=https://repository.example.org dspace__P__hostname=repository.example.org

bench: $(BIN)/.dev $(BIN)/.solr ## Measure, and compare with the goals (PARTS="oai solr oai500k" for some)
	@$(BIN)/python -m benchmarks $(PARTS)

requirements: $(BIN)/.dev ## Compile requirements*.txt from requirements*.in
	@$(BIN)/uv pip compile $(COMPILE) requirements.in -o requirements.txt
	@$(BIN)/uv pip compile $(COMPILE) requirements-dev.in -c requirements.txt -o requirements-dev.txt

COMPILE := --quiet --universal --python-version 3.11 --generate-hashes --no-header

messages: $(BIN)/.run ## Collect the pages' texts for translators, and compile (NEW=it begins a language; needs gettext)
	$(BIN)/python manage.py makemessages $(if $(NEW),--locale $(NEW),--all) $(NOT_OURS) --no-location --no-wrap --no-obsolete
	$(BIN)/python manage.py compilemessages $(NOT_OURS)

NOT_OURS := --ignore var --ignore .venv --ignore tests

clean: ## Remove .venv and caches; var/ with its data stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis static-collected
	find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "DSpace needs Python 3.11 or newer. If you have one: make PYTHON=/path/to/python"; exit 1; }
	@echo "Making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

$(BIN)/.run: requirements.txt | $(BIN)/python
	@echo "Installing the packages of requirements.txt"
	@$(INSTALL) -r requirements.txt
	@touch $@

$(BIN)/.dev: requirements-dev.txt | $(BIN)/python
	@echo "Installing the packages of requirements-dev.txt"
	@$(INSTALL) -r requirements-dev.txt
	@touch $@ $(BIN)/.run

$(BIN)/.browser: $(BIN)/.dev
	@$(BIN)/python -m tests.chromium
	@touch $@

$(BIN)/.solr: tools/solr/pom.xml tools/solr/Launcher.java | $(BIN)/.dev
	@$(BIN)/python -m tools.solr --install
	@touch $@

$(BIN)/.harvesters: tests/java/pom.xml tests/java/Harvest.java | $(BIN)/.dev
	@$(BIN)/python -m tests.java
	@touch $@

$(BIN)/.handle: tests/java/handle/pom.xml tests/java/handle/HandleClient.java | $(BIN)/.dev
	@$(BIN)/python -m tests.java.handle
	@touch $@
