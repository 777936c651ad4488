"""The REST API: the workspace of whoever asks, as JSON over HTTP.

The result models are the response schemas, so a reader of the API gets what the dashboard shows.
Who asks is settled outside and handed in; nothing in a request can say or change it.
"""

from apportion.api.application import create_app

__all__ = ["create_app"]
