# Copyright (c) 2026, novanet.network contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# One command each for people. Needs: a Debian-like system, root, python3 3.11 or later, make.

SHELL := /bin/sh
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help venv demo test lint unit functional kernel molecule bench docs build clean distclean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do \
		printf '%-18s %s\n' "$$name" "$$text"; done

venv: ## install what is missing on the machine, and build .venv
	@tests/tools/bootstrap

demo: venv ## build a small cloud out of namespaces, use it, change it, tear it down (KEEP=1 leaves it up)
	@tests/lab/demo

test: ## lint, unit, functional, demo, kernel and molecule, side by side; the last line sums up
	@tests/tools/bootstrap system dev machines
	@$(BIN)/python -m tests.tools.run_all

lint: venv ## all gates that look at the source, without running it
	@$(BIN)/python -m tests.tools.lint

unit: venv ## tests without root, in seconds
	@$(BIN)/pytest tests/unit -q -n auto

functional: venv ## every module against the real kernel, nftables and dnsmasq, in namespaces
	@$(BIN)/pytest tests/functional -q -n 2 --dist loadfile

kernel: venv ## the functional tests that need a kernel with VLANs, in one virtual machine
	@tests/tools/bootstrap machines
	@$(BIN)/python -m tests.machines.kernel

molecule: ## roles and playbooks on virtual machines (SCENARIO=flatdhcp for one of them)
	@tests/tools/bootstrap system machines
	@.venvs/machines/bin/python -m tests.machines.run $(SCENARIO)

bench: venv ## ratios, not seconds
	@$(BIN)/pytest tests/bench -q -s

docs: venv ## the documentation site, into .build/docs
	@tests/tools/docs

build: venv ## the artefact for ansible-galaxy, into .build/artefact
	@$(BIN)/python -m tests.tools.artefact

clean: ## remove what a killed demo or test left behind, and all build output
	@python3 -B -m tests.machines clean
	@if [ -x tests/lab/clean ]; then tests/lab/clean; fi
	@rm -rf .build .ansible .mypy_cache .pytest_cache .ruff_cache .hypothesis changelogs/.plugin-cache.yaml
	@find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +

distclean: clean ## also remove the virtual environments and the images of virtual machines
	@python3 -B -m tests.machines clear
	@rm -rf .venv .venvs
