"""``python -m apportion``: the same as ``apportion``."""

from apportion.cli import main

main()
