# make fig7    set everything up and plot Figure 7 of the simulated cohort
# make real    download records of real patients and run a study of them
# make test    set everything up and run the tests
# make help    the other targets

SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help env checked fig7 real numbers all test test-fast lint bench chaos fuzz report snakemake-report docs guide pictures resume plan why lock clean

CORES ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
VENV ?= .venv
BIN := $(VENV)/bin
GPU ?=
BACKEND ?= tensorflow
ifeq ($(findstring :$(BACKEND):,:tensorflow: :jax:),)
$(error BACKEND is $(BACKEND); allowed are tensorflow (the default) and jax)
endif
JAX := $(filter jax,$(BACKEND))
# Tests and benchmarks are of both backends.
BOTH := $(filter test test-fast lint bench,$(MAKECMDGOALS))
READY := $(VENV)/.ready$(if $(JAX)$(BOTH),-jax)$(if $(GPU),-gpu)
SNAKEMAKE := $(BIN)/snakemake --quiet host reason --cores $(CORES)
QUOTED := results/cohort/judgement/table1.csv results/cohort/judgement/camera/tables/mae.csv \
    results/stays/judgement/leakage/tables/dose.csv
CONFIG ?=
RECORDS ?=
INSTRUCTIONS ?= AVX2 AVX512_CORE
WORKERS := --numprocesses 2 --dist loadscope --no-loadscope-reorder
# Their tests start programs, draw, build or train: three quarters of the time of all that are not marked slow.
NOT_FAST := camera cli docs figures fuzz judgement networks report training workflow
SPELLED := README.md CONTRIBUTING.md CHANGELOG.md RELEASING.md docs src workflow tests config
# Snakemake merges --config with the files, key by key.
CHOSEN := $(if $(JAX),--config 'training={backend: jax}')
STUDY := $(if $(CONFIG),--configfile $(CONFIG)) $(CHOSEN)

help:  ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

env: $(READY)  ## set up .venv (once, or when the lock or set-up changes); GPU=1: for Nvidia GPUs; BACKEND=jax: with JAX

# The set-up marks as ready all that its lock contains.
$(VENV)/.ready: envs/requirements.lock
$(VENV)/.ready-gpu: envs/requirements-gpu.lock
$(VENV)/.ready-jax: envs/requirements-jax.lock
$(VENV)/.ready-jax-gpu: envs/requirements-jax-gpu.lock
$(addprefix $(VENV)/.ready,-gpu -jax -jax-gpu) $(VENV)/.ready: envs/bootstrap.lock pyproject.toml envs/setup.sh
	@bash envs/setup.sh $(VENV) $(filter envs/requirements%.lock,$^)

checked: env
	@$(if $(CONFIG),$(BIN)/python -m cuffless.config $(CONFIG))

fig7: checked  ## plot Figure 7 of the simulated cohort
	@$(SNAKEMAKE) $(STUDY) -- results/figures/fig7.pdf
	@echo "Figure 7 is in results/figures/fig7.pdf (and .png)"

real: env  ## study of real patients, results/report.html; RECORDS=folder: use these records instead of PhysioNet's
	@$(BIN)/python workflow/choose_records.py config/challenge.yaml results/challenge.records.yaml "$(RECORDS)"
	@$(SNAKEMAKE) --configfile config/challenge.yaml results/challenge.records.yaml $(CHOSEN)
	@echo "The report is in results/report.html, figures in results/figures, tables in results/tables"

all: checked  ## every figure and table
	@$(SNAKEMAKE) $(STUDY)
	@echo "Figures are in results/figures, tables in results/tables"

test: env lint  ## format, lint, types, contracts and all tests; prints the share of lines that these run
	@$(BIN)/python -m slipcover --source src/cuffless --json --out .coverage.json -m pytest $(WORKERS)
	@$(BIN)/python tests/tools/print_coverage.py .coverage.json

test-fast: env  ## the quick tests of most folders, about a minute
	@$(BIN)/python -m pytest -m "not slow" $(WORKERS) $(NOT_FAST:%=--ignore=tests/%)

lint: env  ## ruff, types, spelling, snakefmt, import contracts, snakemake --lint
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@log=$$(mktemp); trap 'rm -f "$$log"' EXIT; \
	for check in "mypy src/cuffless" "codespell $(SPELLED)" "snakefmt --check --diff Snakefile workflow/rules" \
	    "lint-imports --no-cache" "snakemake --lint"; do \
	    $(BIN)/$$check > "$$log" 2>&1 || { cat "$$log"; exit 1; }; \
	done
	@echo "Lint: clean"

bench: env  ## benchmarks; writes results/benchmarks.csv
	@$(BIN)/python -m benchmarks

chaos: env  ## the tiny study while jobs and Snakemake are killed, the disk fills, clocks are wrong; ROUNDS=20, SEED=1
	@$(BIN)/python -m tests.chaos --rounds $(or $(ROUNDS),20) --seed $(or $(SEED),1)

fuzz: env  ## damaged files of every kind are used or refused, never a traceback; CASES=300 per reader, SEED=1
	@PYTHONPATH=src $(BIN)/python -m tests.fuzz --cases $(or $(CASES),300) --seed $(or $(SEED),1)

report: checked  ## the whole study on one page, results/report.html
	@$(SNAKEMAKE) $(STUDY) -- results/report.html
	@echo "The report is in results/report.html"

snakemake-report: env  ## Snakemake's own report of a finished study, results/snakemake-report.html
	@$(SNAKEMAKE) $(STUDY) --report results/snakemake-report.html
	@echo "The report is in results/snakemake-report.html"

numbers: env  ## numbers that README and guide quote: five seeds per INSTRUCTIONS; hours; RECORDS as for real
	@$(if $(JAX),echo "The numbers on the pages are TensorFlow's; leave out BACKEND=jax" >&2; exit 1)
	@$(BIN)/python -m benchmarks.numbers --check $(INSTRUCTIONS)
	@$(BIN)/python workflow/choose_records.py config/challenge.yaml results/challenge.records.yaml \
	    "$(abspath $(or $(RECORDS),resources/challenge2015))"
	@for set in $(INSTRUCTIONS); do \
	    export ONEDNN_MAX_CPU_ISA=$$set; \
	    $(SNAKEMAKE) --directory results/numbers/$$set --configfile config.yaml config/numbers.yaml -- $(QUOTED) && \
	    $(SNAKEMAKE) --directory results/numbers/$$set --configfile config/challenge.yaml config/seeds.yaml \
	        results/challenge.records.yaml -- results/challenge/judgement/table1.csv || exit 1; \
	done
	@$(BIN)/python -m benchmarks.numbers

docs: env  ## rewrite the option table and the schema
	@$(BIN)/python -m cuffless.config
	@echo "Written: config/README.md, config/schema.json"

resume: checked  ## continue after a kill: unlock, then run
	@$(BIN)/snakemake --unlock $(STUDY) > /dev/null 2>&1 || true
	@$(SNAKEMAKE) $(STUDY)

plan: env  ## estimate the hours, GB and jobs of a study before it runs
	@$(BIN)/cuffless plan $(CONFIG)
	@$(BIN)/snakemake --quiet host rules --dry-run $(STUDY) | sed -n '/^job /,$$p'

why: checked  ## what would run again, and because of which changed option
	@$(BIN)/python workflow/why.py $(STUDY)

guide: env  ## the user's guide, site/index.html
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "The guide is in site/index.html"

pictures: env  ## pictures of README and guide, and what their commands print, from the default study
	@$(SNAKEMAKE) -- $$($(BIN)/python -m docs.made --needs)
	@$(BIN)/python -m docs.made

lock: env  ## resolve the dependencies again; KEEP=1: keep existing pins, add only what is new
	@bash envs/lock.sh $(BIN) $(if $(KEEP),keep)

clean:  ## delete results and logs (not downloads, not the environment)
	rm -rf results logs .snakemake
