# Every target is one line that calls a tool; `make demo` and `make test` set up what they need.
PYTHON ?= python3.11
BIN := .venv/bin
THROUGH ?= 2026-04-18
BI := .venv-bi/bin
PORT ?= 8089
# the databases that boards are imported for, separated by blanks
BI_DATABASES ?= duckdb:///$(CURDIR)/data/published/tidemark.duckdb
UV := $(BIN)/uv
export TZ := UTC

.PHONY: demo test run lint bench docs audit bi bi-import bi-bundle clean

.venv/.synced: pyproject.toml uv.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	test -x $(UV) || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	# bytecode now: Airflow, dbt and Great Expectations start several times in every run
	$(UV) sync --quiet --frozen --inexact --compile-bytecode
	touch $@

demo: .venv/.synced
	$(BIN)/tidemark demo --through $(THROUGH)

run: .venv/.synced
	$(BIN)/tidemark run

test: .venv/.synced
	$(UV) sync --quiet --frozen --inexact --group spark
	$(BIN)/python -m pytest -m "not slow" -n auto --dist loadfile
	$(BIN)/python -m pytest -m "slow and not e2e" -n auto --dist loadfile --no-loadscope-reorder
	# the real scheduler is held to real seconds: nothing else runs beside it
	$(BIN)/python -m pytest -m e2e

lint: .venv/.synced
	$(UV) sync --quiet --frozen --inexact --group spark
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

bench: .venv/.synced
	$(UV) sync --quiet --frozen --inexact --group bench
	$(BIN)/python -m bench $(BENCH)

docs: .venv/.synced
	$(BIN)/python -m docs_site

audit: .venv/.synced
	$(BIN)/python .ci/audit.py

.venv-bi/.synced: bi/superset/requirements.txt .venv/.synced
	test -x $(BI)/python || $(UV) venv --quiet --python $(PYTHON) .venv-bi
	# bytecode now: Superset imports 3,000 modules at every start
	$(UV) pip sync --quiet --compile-bytecode --python $(BI)/python bi/superset/requirements.txt
	touch $@

bi bi-import: export TIDEMARK_BI_HOME ?= $(CURDIR)/data/superset
bi bi-import: export BI_DATABASES := $(BI_DATABASES)
bi bi-import: export SUPERSET_CONFIG_PATH ?= $(CURDIR)/bi/superset/superset_config.py

bi-import: .venv-bi/.synced
	mkdir -p $(TIDEMARK_BI_HOME)
	$(BI)/python -m bi.superset.load

bi: bi-import
	$(BI)/gunicorn --bind 127.0.0.1:$(PORT) --threads 8 --timeout 120 "superset.app:create_app()"

bi-bundle: .venv/.synced
	$(BIN)/python -m bi.superset.bundle $(firstword $(BI_DATABASES)) data/superset.zip

clean:
	rm -rf .venv .venv-bi data dbt_project/target dbt_project/logs
