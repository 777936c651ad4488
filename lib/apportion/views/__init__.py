"""Dashboards of ipywidgets, bqplot and anywidget: they draw a result and never touch the database.

:mod:`theme` formats numbers and words, :mod:`channels` says how a channel looks, `parts` are the
building blocks of every page, and a module per app puts them together.
"""
