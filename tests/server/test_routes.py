"""What can be reached, and that nothing else can."""

import pytest

from apportion.server.application import Server
from apportion.server.assets import voila_address
from apportion.server.pages import APPS, existing
from apportion.server.services import open_services
from apportion.server.site import Site
from server.process import MMM

KERNEL = r"(?P<kernel_id>[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})"


def test_the_route_table_is_this_list(installation):
    server = Server(open_services(installation, Site(), APPS))

    assert [(path, handler.__name__) for path, handler, _ in server.init_handlers()] == [
        ("/", "HomeHandler"),
        ("/admin/attribution/mmm", "AppHandler"),
        ("/login", "LoginHandler"),
        ("/login/oidc/begin", "OidcBeginHandler"),
        ("/login/oidc", "OidcCallbackHandler"),
        ("/tenant", "TenantHandler"),
        ("/password", "PasswordHandler"),
        ("/logout", "LogoutHandler"),
        ("/data", "DataHandler"),
        ("/data/uploads", "NewUploadHandler"),
        (r"/data/uploads/([\w-]{22})", "OneUploadHandler"),
        ("/settings", "CompanyHandler"),
        ("/settings/users", "UsersHandler"),
        ("/settings/tokens", "TokensHandler"),
        ("/settings/audit", "AuditHandler"),
        ("/healthz", "HealthHandler"),
        ("/readyz", "ReadyHandler"),
        (r"/api/(?:openapi\.json|admin/.*)", "ASGIHandler"),
        (f"/api/kernels/{KERNEL}", "KernelState"),
        (f"/api/kernels/{KERNEL}/channels", "KernelSocket"),
        (f"/voila/api/shutdown/{KERNEL}", "KernelEnd"),
        (r"/assets/([a-z]+\.(?:css|js))", "AssetHandler"),
        (f"{voila_address()}/static/(.*)", "FolderHandler"),
        (f"{voila_address()}/labextensions/(.*)", "FolderHandler"),
    ]


def test_an_app_without_its_notebook_is_not_routed(tmp_path):
    assert existing(APPS, tmp_path) == ()


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/login/",
        "/login/oidc",
        "/login/oidc/begin",
        "/metrics",
        "/api",
        "/api/kernels",
        "/api/kernelspecs",
        "/api/sessions",
        "/api/contents",
        "/api/contents/mmm.ipynb",
        "/api/terminals",
        "/api/me",
        "/api/status",
        "/api/config/x",
        "/files/mmm.ipynb",
        "/nbconvert/html/mmm.ipynb",
        "/view/mmm.ipynb",
        "/lab",
        "/tree",
        "/terminals/1",
        "/voila",
        "/voila/tree",
        "/voila/render/mmm.ipynb",
        "/voila/api/contents/",
        "/voila/api/themes/x",
        "/voila/files/mmm.ipynb",
        "/voila/templates/lab/static/index.css",
        "/mmm.ipynb",
        "/static/mmm.ipynb",
        "/assets/mmm.ipynb",
        "/assets/nope.css",
        "/assets/../serving.py",
        "/admin/attribution/journeys",
        "/admin/attribution/../mmm",
        f"{MMM}/",
        f"{MMM}.ipynb",
    ],
)
def test_jupyters_own_doors_and_unknown_paths_are_closed(server, path):
    assert server.get(path).status == 404


@pytest.mark.parametrize("folder", ["static", "labextensions"])
@pytest.mark.parametrize(
    "path",
    [
        "../../../../pyvenv.cfg",
        "%2e%2e/%2e%2e/%2e%2e/%2e%2e/pyvenv.cfg",
        "//etc/passwd",
        "%2fetc/passwd",
        "",
        ".",
    ],
    ids=["dots", "encoded dots", "absolute", "encoded absolute", "folder", "dot"],
)
def test_static_folders_give_nothing_outside_themselves(server, folder, path):
    assert server.get(f"{voila_address()}/{folder}/{path}").status in (403, 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/kernels"),
        ("POST", "/api/sessions"),
        ("POST", "/api/terminals"),
        ("PUT", "/api/contents/x"),
        ("DELETE", "/api/kernels/{kernel}"),
        ("POST", "/api/kernels/{kernel}/restart"),
        ("POST", "/api/kernels/{kernel}/interrupt"),
        ("PATCH", "/api/kernels/{kernel}"),
        ("POST", "/"),
        ("POST", MMM),
        ("GET", "/voila/api/shutdown/{kernel}"),
    ],
)
def test_nothing_can_be_written_but_the_end_of_a_page(server, method, path):
    kernel = server.open_page()

    assert server.request(method, path.format(kernel=kernel)).status in (403, 404, 405)
    assert server.kernel_status(kernel) == 200


def test_health_says_that_the_process_answers(server):
    assert server.get("/healthz").text == '{"status": "ok"}'


def test_readiness_says_that_the_database_answers(server):
    assert server.get("/readyz").text == '{"status": "ready"}'


def test_assets_may_be_kept_for_ever_at_their_own_address_only(server):
    page = server.get("/").text
    address = page.split('href="/assets/app.css')[1].split('"')[0]

    assert "immutable" in server.get(f"/assets/app.css{address}").headers["cache-control"]
    assert server.get("/assets/app.css?v=other").headers["cache-control"] == "no-cache"
