"""Geo experiments as pure computation: design with power, monitor without peeking, read out.

An experiment changes advertising in some regions (the *changed* regions) and leaves it in others
(the *donors*). What the changed regions would have had otherwise is a weighted sum of the donors.
Everything here is a function of arrays; ``docs/incrementality.md`` has equations and references.
"""
