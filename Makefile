# `make rehearse` and `make test` are the two to know. PYTHON=python3.12 chooses another interpreter.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt

# What tests need beside Python packages; tests/conftest.py names the same ones where they are missing.
DEBIAN_PACKAGES := dovecot-imapd dovecot-lmtpd chromium fonts-noto-cjk
# Of a ticket system that forms are submitted to; no mail daemon comes with it.
TARGET_PACKAGES := dbconfig-no-thanks msmtp-mta request-tracker5 rt5-clients rt5-db-sqlite rt5-standalone
# Where npm came from elsewhere, Debian's many packages of it are spared.
NODE_PACKAGES := nodejs npm
# Debian packs CPython's own test mails apart, by version; other Pythons bring them.
PYTHON_TESTS = libpython$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')-testsuite

.PHONY: rehearse test lint format types contracts tests messages mail-samples replay targets system-packages clean

rehearse: $(VENV)/.installed
	@$(BIN)/tracker rehearse

test: system-packages lint types contracts tests

# --- the environment, made anew whenever what it is made of changes ------------------------------------

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is missing or older than Python 3.11: install python3.11, or run make PYTHON=/path/to/it" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make environments: run 'apt install python3-venv' as root, then make again" >&2; exit 1; }
	@echo "Making $(VENV) and installing what tracker needs (a minute or so, only the first time) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP) -e .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	@echo "Installing what the tests need ..."
	@$(PIP) -e '.[test]'
	@touch $@

system-packages:
	@missing=""; packages="$(DEBIAN_PACKAGES) $(TARGET_PACKAGES)"; \
	$(PYTHON) -c 'import test.test_email' 2>/dev/null || packages="$$packages $(PYTHON_TESTS)"; \
	command -v npm >/dev/null || packages="$$packages $(NODE_PACKAGES)"; \
	for package in $$packages; do \
	  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q ' installed$$' || missing="$$missing $$package"; \
	done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Debian packages:$$missing ..."; \
	  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $$missing; } \
	    >/dev/null || echo "apt-get failed: tests that need$$missing will say so" >&2; \
	else \
	  echo "Some tests need Debian packages; to install them:  sudo apt-get install -y$$missing"; \
	fi

# --- checks ----------------------------------------------------------------------------------------------

lint: $(VENV)/.installed-test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(VENV)/.installed-test
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(VENV)/.installed-test
	@$(BIN)/mypy

contracts: $(VENV)/.installed-test
	@$(BIN)/lint-imports --no-logo

tests: $(VENV)/.installed-test mail-samples replay targets
	@$(BIN)/pytest -n 2 --dist loadgroup

# Mail that other projects test themselves with, out of their source packages; nothing of it is ours.
MAIL_SAMPLES := flufl.bounce==6.0.0 mail-parser==4.8.0 tnefparse==1.4.0

mail-samples: .cache/mail-samples/.unpacked

.cache/mail-samples/.unpacked: $(VENV)/.installed-test Makefile
	@echo "Fetching the sample mails of other projects ..."
	@$(BIN)/python -m pip download -qq --disable-pip-version-check --no-deps --no-binary flufl.bounce,mail-parser,tnefparse \
	  -d .cache/mail-samples $(MAIL_SAMPLES)
	@for archive in .cache/mail-samples/*.tar.gz; do tar -xzf $$archive -C .cache/mail-samples; done
	@touch $@

# Google's own runner of recordings, which ours is measured by; it uses the browser that is installed.
REPLAY := @puppeteer/replay@3.1.3 puppeteer@24.43.1

replay: .cache/replay/.installed

.cache/replay/.installed: Makefile
	@echo "Installing the runner that recipes are compared with ..."
	@mkdir -p .cache/replay
	@PUPPETEER_SKIP_DOWNLOAD=1 npm install --silent --no-audit --no-fund --no-save --no-package-lock \
	  --prefix .cache/replay $(REPLAY) && touch $@ || echo "npm failed: tests that need $(REPLAY) will say so" >&2

# Ticket systems that forms are submitted to, in an environment of their own.
targets: $(VENV)/.installed-test
	@$(BIN)/python -m tests.targets.install

# --- what users read in Chinese: translate the empty msgstr of tracker/locale/**/tracker.po between two runs

messages: $(VENV)/.installed-test
	@mkdir -p build
	@$(BIN)/pybabel --quiet extract --no-default-keywords -k _ --add-location=file --sort-by-file --no-wrap \
	  --mapping=pyproject.toml --project=mystery-shopper-tracker --msgid-bugs-address=README -o build/tracker.pot tracker
	@$(BIN)/pybabel --quiet update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap \
	  -D tracker -l zh_CN -i build/tracker.pot -d tracker/locale
	@$(BIN)/pybabel compile --statistics -D tracker -d tracker/locale

clean:
	@rm -rf $(VENV) build dist .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find tracker tests data -name __pycache__ -type d -prune -exec rm -rf {} +
