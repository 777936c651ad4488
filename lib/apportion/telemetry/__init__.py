"""What an operator sees of a running installation: logs, numbers, traces.

Nothing here knows what is measured; the processes that do it say so. Each part loads its library
only when its setting asks for it.
"""
