"""Apportion: a notebook suite for marketing measurement.

Importing the package imports nothing else: a pure module must not load a database or a sampler.
"""
