"""Claude: the one place that speaks to it, and what may come of it.

Facts go out without names; choices of frames and facts come back; every figure, name, day and
direction is put in here, from the facts. So nothing that Claude writes can be a wrong figure, and
nothing that a tenant wrote can be an instruction to it.
"""
