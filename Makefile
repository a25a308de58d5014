# The two commands a newcomer needs: `make demo` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
MANAGE := $(BIN)/python manage.py
PYTEST_ARGS ?=

# A laptop's demo and the embedded test run never reach for a county's servers by accident.
EMBEDDED := env -u DATABASE_URL -u REDIS_URL
DEMO := $(EMBEDDED) PORTAL_ENV=demo VAR_DIR=$(CURDIR)/var/demo
TESTING := PORTAL_ENV=test

.PHONY: help
help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

.PHONY: install
install: $(INSTALLED) ## Make .venv and install the locked packages, each checked against its hash

$(INSTALLED): requirements.lock
	@python=""; \
	for candidate in $${PYTHON:-} python3 python3.13 python3.12 python3.11; do \
	  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Python 3.11 or newer is needed, and none was found. Install one, or name it: make install PYTHON=/path/to/python3.11" >&2; exit 1; \
	fi; \
	if ! "$$python" -m venv $(VENV); then \
	  echo "$$python cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; \
	fi
	$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@touch $@

.PHONY: demo
demo: install ## A whole county to look at, on http://127.0.0.1:8000 (no service needed)
	@$(DEMO) $(MANAGE) migrate --verbosity 0
	@set -e; if [ ! -f var/demo/ready ]; then \
	  $(DEMO) $(MANAGE) setup_county 430725 --opened-on 2025-09-01; \
	  $(DEMO) $(MANAGE) seed_demo >/dev/null; \
	  $(DEMO) $(MANAGE) load_point_scheme --county 430725 --effective-from 2025-09-01; \
	  $(DEMO) $(MANAGE) run_nightly >/dev/null; \
	  $(DEMO) $(MANAGE) load_appraisal_scheme appraisal_jiangsu_2009 --county 430725; \
	  $(DEMO) $(MANAGE) load_requirements --county 430725 --from 2025-09-01; \
	  $(DEMO) $(MANAGE) seed_demo --after-night; \
	  touch var/demo/ready; \
	fi
	@$(DEMO) $(MANAGE) seed_demo --sign-ins
	@$(DEMO) $(MANAGE) runserver --noreload 127.0.0.1:8000

.PHONY: test
test: install ## The whole suite on SQLite, browser tests included where Chromium is found
	$(EMBEDDED) $(TESTING) $(BIN)/python -m pytest $(PYTEST_ARGS)

.PHONY: test-services
test-services: install ## The same suite on PostgreSQL and Redis with a real worker (DATABASE_URL, REDIS_URL)
	@: "$${DATABASE_URL:?Name the database to test on, for example postgres://postgres@127.0.0.1:5432/portal}"
	@: "$${REDIS_URL:?Name the Redis to test on, for example redis://127.0.0.1:6379/1}"
	$(TESTING) $(BIN)/python -m pytest $(PYTEST_ARGS)

.PHONY: format
format: install ## Lay out Python and templates
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: lint
lint: lint-python lint-templates lint-types lint-imports lint-migrations lint-deploy ## Every check that is not a test

.PHONY: lint-python lint-templates lint-types lint-imports lint-migrations lint-deploy
lint-python: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

lint-templates: install
	$(BIN)/djlint templates --lint --quiet

lint-types: install
	$(BIN)/mypy

lint-imports: install
	$(BIN)/lint-imports

lint-migrations: install
	$(EMBEDDED) $(MANAGE) makemigrations --check --dry-run

lint-deploy: install
	$(BIN)/python -m tests.production check --deploy --fail-level WARNING
	$(BIN)/python -m tests.production collectstatic --noinput --verbosity 0

.PHONY: messages
messages: install ## Collect new messages into locale/ and compile them (needs gettext)
	$(EMBEDDED) $(MANAGE) makemessages --no-obsolete --locale zh_Hans
	$(EMBEDDED) $(MANAGE) compilemessages --locale zh_Hans

.PHONY: lock
lock: install ## Resolve pyproject.toml anew into the two lock files
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --custom-compile-command "make lock" --all-extras pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --custom-compile-command "make lock" --extra prod --constraints requirements.lock \
	  pyproject.toml --output-file requirements-prod.lock
