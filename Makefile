# README's two commands are `make demo` and `make test`; both install what they need.
# Many tests wait for processes, so that three at once fill two cores; in the order of their names the
# files that wait longest do not come last.
SPREAD = --numprocesses 3 --dist loadfile --no-loadscope-reorder

.PHONY: demo install test check quick

demo: install ## Install, make the demo tenants, serve them on 127.0.0.1
	@.venv/bin/apportion demo

install: ## Install into .venv
	@tools/bootstrap.sh

test: ## Install what the tests need, then check and test everything
	@tools/bootstrap.sh test
	@tools/services.sh
	@$(MAKE) --no-print-directory check
	.venv/bin/python -m pytest $(SPREAD)

check: ## Format, lint, types, layers, notebooks
	@tools/bootstrap.sh test
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/nbstripout --verify notebooks/*.ipynb

quick: ## The tests that take no sampling and no browser
	@tools/bootstrap.sh test
	.venv/bin/python -m pytest -m "not slow and not browser" $(SPREAD)
