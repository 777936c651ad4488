"""Everything that can be reached. What is not in this table does not exist."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from voila.configuration import VoilaConfiguration

from apportion.api import create_app
from apportion.server.alerts_page import AlertsHandler
from apportion.server.asgi import ASGIHandler
from apportion.server.assets import voila_address
from apportion.server.channels import KernelEnd, KernelSocket, KernelState
from apportion.server.data_page import DataHandler, GapFinder
from apportion.server.front_end import FrontEnd, FrontEndHandler
from apportion.server.handlers import AppHandler, HealthHandler, HomeHandler, ReadyHandler
from apportion.server.identity import member_of
from apportion.server.oidc import BEGIN_PATH, OidcBeginHandler, OidcCallbackHandler
from apportion.server.pages import DATA, HOME, PASSWORD, RUNS, SETTINGS
from apportion.server.passwords import PasswordHandler
from apportion.server.rendering import page_config
from apportion.server.runs_page import ID, OneRunHandler, RunNotebookHandler, RunsHandler
from apportion.server.schedules_page import SchedulesHandler
from apportion.server.services import Services
from apportion.server.settings_pages import (
    AuditHandler,
    CompanyHandler,
    TokensHandler,
    UsersHandler,
)
from apportion.server.signing_in import LoginHandler, LogoutHandler, TenantHandler
from apportion.server.static import AssetHandler, FolderHandler
from apportion.server.upload_pages import NewUploadHandler, OneUploadHandler
from apportion.server.uploads import Uploads
from apportion.server.versions_page import VersionsHandler
from apportion.workspace.accounts.oidc import CALLBACK_PATH

Route = tuple[str, type, dict[str, Any]]

API = r"/api/(?:openapi\.json|admin/.*)"
KERNEL = r"(?P<kernel_id>[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})"


def route_table(
    *,
    services: Services,
    uploads: Uploads,
    voila_configuration: VoilaConfiguration,
    template_paths: Sequence[str],
    front_end: FrontEnd,
    static_folder: str | Path,
    extension_folders: Sequence[str],
) -> list[Route]:
    """Give path pattern, handler and its arguments of every route."""
    shared = {"services": services}
    rendering = {
        "voila_configuration": voila_configuration,
        "template_paths": list(template_paths),
        "page_config": page_config(voila_configuration),
        "front_end": front_end,
    }
    api = create_app(
        lambda member: services.workspaces.open(member.tenant.slug, member.acting),
        requests_per_minute=services.settings.api_requests_per_minute,
    )
    return [
        (HOME.path, HomeHandler, shared),
        *((app.path, AppHandler, {**shared, **rendering, "page": app}) for app in services.apps),
        ("/login", LoginHandler, shared),
        (BEGIN_PATH, OidcBeginHandler, shared),
        (CALLBACK_PATH, OidcCallbackHandler, shared),
        ("/tenant", TenantHandler, shared),
        (PASSWORD.path, PasswordHandler, shared),
        ("/logout", LogoutHandler, shared),
        (DATA.path, DataHandler, {**shared, "gap_finder": GapFinder()}),
        (f"{DATA.path}/uploads", NewUploadHandler, {**shared, "uploads": uploads}),
        (rf"{DATA.path}/uploads/([\w-]{{22}})", OneUploadHandler, {**shared, "uploads": uploads}),
        (RUNS.path, RunsHandler, shared),
        (f"{RUNS.path}/versions", VersionsHandler, shared),
        (f"{RUNS.path}/{ID}", OneRunHandler, shared),
        (f"{RUNS.path}/{ID}/notebook", RunNotebookHandler, shared),
        (SETTINGS.path, CompanyHandler, shared),
        (f"{SETTINGS.path}/users", UsersHandler, shared),
        (f"{SETTINGS.path}/tokens", TokensHandler, shared),
        (f"{SETTINGS.path}/schedules", SchedulesHandler, shared),
        (f"{SETTINGS.path}/alerts", AlertsHandler, shared),
        (f"{SETTINGS.path}/audit", AuditHandler, shared),
        ("/healthz", HealthHandler, {}),
        ("/readyz", ReadyHandler, {"check_ready": services.workspaces.check_ready}),
        (API, ASGIHandler, {"app": api, "member_of": member_of}),
        (rf"/api/kernels/{KERNEL}", KernelState, {}),
        (rf"/api/kernels/{KERNEL}/channels", KernelSocket, {}),
        (rf"/voila/api/shutdown/{KERNEL}", KernelEnd, {}),
        (r"/assets/([a-z]+\.(?:css|js))", AssetHandler, {}),
        (f"{voila_address()}/static/apportion.js", FrontEndHandler, {"front_end": front_end}),
        (rf"{voila_address()}/static/(.*)", FolderHandler, {"folders": [str(static_folder)]}),
        (
            rf"{voila_address()}/labextensions/(.*)",
            FolderHandler,
            {"folders": list(extension_folders)},
        ),
    ]
