"""The dashboards' server: Voilà's renderer behind a route table of its own.

Only what :func:`apportion.server.routes.route_table` lists can be reached. Importing this package
is cheap; Voilà is imported when :func:`serve` has checked what it was asked for.
"""

from apportion.server.serving import serve

__all__ = ["serve"]
