"""From a member to the workspace of their tenant."""

from collections.abc import Callable
from typing import Annotated, cast

from fastapi import Depends, Request

from apportion.api.members import Viewer
from apportion.workspace import Workspace
from apportion.workspace.accounts import Member

OpenWorkspace = Callable[[Member], Workspace]


def _workspace(request: Request, member: Viewer) -> Workspace:
    return cast("OpenWorkspace", request.app.state.open_workspace)(member)


Mine = Annotated[Workspace, Depends(_workspace)]
"""The workspace of whoever asks; they are a viewer at least."""
