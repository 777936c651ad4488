"""The specification's data structures, one module per app: values only, no computation."""
