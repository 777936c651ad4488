"""The parts of `serving.py` (beside this folder): servers, browser, viewers, soak, limits."""
