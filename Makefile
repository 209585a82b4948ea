# Common tasks; `make` lists them. What CI does is .ci/run.
.DEFAULT_GOAL := help
.PHONY: help setup test check golden lab bench man ci

PYTHON ?= python3
BIN := .venv/bin

help:  ## list the tasks
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

setup: $(BIN)/aib2packer  ## make .venv, with what development needs

$(BIN)/aib2packer: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable '.[dev]'
	@touch $@

test: setup  ## run the tests; those that need Packer skip where it is missing
	$(BIN)/pytest -q -n auto

check: setup  ## ruff and mypy, as CI has them
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

golden: setup  ## write golden files and examples anew; then read the diff
	$(BIN)/pytest -q tests/test_golden.py tests/findings/test_pages.py --snapshot-update
	git status --short golden docs aib2packer/findings/pages

lab: setup  ## run the tests that need Packer, the Azure CLI and an sshd, with them
	tests/lab/install-packer
	AIB2PACKER_REQUIRE_PACKER=1 $(BIN)/pytest -q -n auto -m lab

bench: setup  ## measure the start, the throughput, and deployment templates
	$(BIN)/python benchmarks/compare.py
	$(BIN)/python benchmarks/arm.py

man: setup  ## write the man pages to man/
	$(BIN)/click-man --target man aib2packer

ci:  ## the gate, as CI runs it
	.ci/run
