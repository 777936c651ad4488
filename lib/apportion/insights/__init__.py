"""What changed, whether it matters, and what to do: statistics that need no network.

Data come in as the frames of :mod:`apportion.frames`; out comes
:class:`apportion.results.insights.AIInsightsData`. The way: `metrics` makes daily series,
`decomposition` says what each day should have been, `anomalies` and `changepoints` what was not so,
`significance` how much of that is chance, `trends` where it is going, `contributions` what moved
it, `stories` what belongs together, `recommendations` what to do, `health` the one number.
"""
