# Everything starts from a bare checkout: Python 3.11, pip and make. The work is in cli/bootstrap.py.

PYTHON ?= python3
BOOTSTRAP := $(PYTHON) cli/bootstrap.py
SERVER := .envs/server/bin

.DEFAULT_GOAL := help
.PHONY: help demo diffusion test test-matrix bench extension screenshots clean

help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/' | expand -t 18

demo: ## one picture in, one finished video out: out/demo.mp4 and out/demo.blend
	$(BOOTSTRAP) demo
	$(SERVER)/infinite-parallax demo --out out

diffusion: ## the server with the engines that need models (torch, diffusers): .envs/diffusion
	$(BOOTSTRAP) diffusion

test: ## format, lint, types, all tests (DIFFUSION=no: without torch); those in Blender on the newest that this machine's Pythons allow
	$(BOOTSTRAP) test

test-matrix: ## the tests in Blender on every version that this machine's Pythons allow
	$(BOOTSTRAP) test-matrix

bench: ## measure speed, memory and quality on this machine: benchmarks/RESULTS.md
	$(BOOTSTRAP) bench
	.envs/bench/bin/python -m infinite_parallax.benchmarks.run

extension: ## build and check the zip that Blender installs
	$(BOOTSTRAP) demo
	$(SERVER)/python -m infinite_parallax.cli.extension

screenshots: extension ## the tour in a desktop Blender, photographed (needs blender, xvfb-run, xdotool, imagemagick): docs/images
	$(SERVER)/python docs/screenshots/take.py --zip dist/infinite_parallax-*.zip \
	  --server-command "$(CURDIR)/$(SERVER)/python -m infinite_parallax.inpaint_server"

clean: ## remove what was built; the environments stay (remove .envs by hand)
	rm -rf build dist out *.egg-info .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -not -path './.*' -prune -exec rm -rf {} +
