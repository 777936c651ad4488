"""What can be reached, and that nothing else can."""

import pytest

from apportion.server.application import Server
from apportion.server.assets import voila_address
from apportion.server.pages import APPS, existing
from apportion.server.runs_page import ID
from apportion.server.services import open_services
from apportion.server.site import Site
from server.process import MMM

KERNEL = r"(?P<kernel_id>[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})"


def test_the_route_table_is_this_list(installation):
    server = Server(open_services(installation, Site(), APPS))

    assert [(path, handler.__name__) for path, handler, _ in server.init_handlers()] == [
        ("/", "HomeHandler"),
        *((app.path, "AppHandler") for app in APPS),
        ("/login", "LoginHandler"),
        ("/login/oidc/begin", "OidcBeginHandler"),
        ("/login/oidc", "OidcCallbackHandler"),
        ("/tenant", "TenantHandler"),
        ("/password", "PasswordHandler"),
        ("/logout", "LogoutHandler"),
        ("/data", "DataHandler"),
        ("/data/uploads", "NewUploadHandler"),
        (r"/data/uploads/([\w-]{22})", "OneUploadHandler"),
        ("/runs", "RunsHandler"),
        ("/runs/versions", "VersionsHandler"),
        (f"/runs/{ID}", "OneRunHandler"),
        (f"/runs/{ID}/notebook", "RunNotebookHandler"),
        ("/settings", "CompanyHandler"),
        ("/settings/users", "UsersHandler"),
        ("/settings/tokens", "TokensHandler"),
        ("/settings/schedules", "SchedulesHandler"),
        ("/settings/alerts", "AlertsHandler"),
        ("/settings/audit", "AuditHandler"),
        ("/healthz", "HealthHandler"),
        ("/readyz", "ReadyHandler"),
        (r"/api/(?:openapi\.json|admin/.*)", "ASGIHandler"),
        (f"/api/kernels/{KERNEL}", "KernelState"),
        (f"/api/kernels/{KERNEL}/channels", "KernelSocket"),
        (f"/voila/api/shutdown/{KERNEL}", "KernelEnd"),
        (r"/assets/([a-z]+\.(?:css|js))", "AssetHandler"),
        (f"{voila_address()}/static/apportion.js", "FrontEndHandler"),
        (f"{voila_address()}/static/(.*)", "FolderHandler"),
        (f"{voila_address()}/labextensions/(.*)", "FolderHandler"),
    ]


def test_the_apps_are_pages_of_the_specification():
    names = ("journeys", "mmm", "incrementality", "ai-insights")

    assert {app.path for app in APPS} <= {f"/admin/attribution/{name}" for name in names}


def test_an_app_without_its_notebook_is_not_routed(tmp_path):
    assert existing(APPS, tmp_path) == ()


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/login/",
        "/login/oidc",
        "/login/oidc/begin",
        "/assets/mmm.ipynb",
        "/assets/nope.css",
        "/assets/../serving.py",
        "/admin/attribution/../mmm",
        f"{MMM}/",
        f"{MMM}.ipynb",
    ],
)
def test_what_is_not_in_the_table_is_not_there(server, path):
    # Jupyter's own doors are tried in tests/security/test_doors.py.
    assert server.get(path).status == 404


@pytest.mark.parametrize("folder", ["static", "labextensions"])
@pytest.mark.parametrize("path", ["", "."], ids=["folder", "dot"])
def test_static_folders_are_not_listed(server, folder, path):
    assert server.get(f"{voila_address()}/{folder}/{path}").status in (403, 404)


def test_health_says_that_the_process_answers(server):
    assert server.get("/healthz").text == '{"status": "ok"}'


def test_readiness_says_that_the_database_answers(server):
    assert server.get("/readyz").text == '{"status": "ready"}'


def test_assets_may_be_kept_for_ever_at_their_own_address_only(server):
    page = server.get("/").text
    address = page.split('href="/assets/app.css')[1].split('"')[0]

    assert "immutable" in server.get(f"/assets/app.css{address}").headers["cache-control"]
    assert server.get("/assets/app.css?v=other").headers["cache-control"] == "no-cache"
