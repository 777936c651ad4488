"""Journeys: every path behind every conversion, and each conversion's credit under seven models.

``snapshot`` keeps a tenant's touchpoints in columns; ``paths`` says which touchpoint serves which
conversion and cuts what serves none into paths that did not convert; ``counts`` brings back the few
sums that the models need. ``credit`` holds the five rules, ``markov`` and ``shapley`` the two
models that learn from all paths; ``shares`` turns what they learnt into credit of one path.
``analysis`` puts it all together, ``detail`` does the same for the few journeys that a page lists.

Attribution is not causation: all seven share out conversions that happened, and none knows which
would have happened anyway.
"""
