"""Jupyter's own doors, code over the socket, paths out of the folder: all shut, to everybody."""

import pytest

from apportion.server.assets import voila_address
from server.process import MMM

DOORS = [
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
    "/api/nbconvert",
    "/api/security/csp-report",
    "/files/mmm.ipynb",
    "/nbconvert/html/mmm.ipynb",
    "/view/mmm.ipynb",
    "/lab",
    "/lab/api/settings",
    "/tree",
    "/notebooks/mmm.ipynb",
    "/edit/mmm.ipynb",
    "/terminals/1",
    "/metrics",
    "/voila",
    "/voila/tree",
    "/voila/render/mmm.ipynb",
    "/voila/files/mmm.ipynb",
    "/voila/files/../../home/apportion.db",
    "/voila/api/contents/",
    "/voila/api/themes/x",
    "/voila/query/{kernel}",
    "/voila/execution/{kernel}",
    "/voila/templates/lab/static/index.css",
    "/mmm.ipynb",
    "/static/mmm.ipynb",
    "/.env",
    "/..%2f..%2fetc%2fpasswd",
]
WRITES = [
    ("POST", "/api/kernels"),
    ("POST", "/api/sessions"),
    ("POST", "/api/terminals"),
    ("PUT", "/api/contents/x"),
    ("DELETE", "/api/contents/mmm.ipynb"),
    ("POST", "/api/kernels/{kernel}/restart"),
    ("POST", "/api/kernels/{kernel}/interrupt"),
    ("DELETE", "/api/kernels/{kernel}"),
    ("PATCH", "/api/kernels/{kernel}"),
    ("GET", "/voila/api/shutdown/{kernel}"),
    ("POST", "/api/shutdown"),
    ("POST", "/"),
    ("POST", MMM),
    ("PUT", MMM),
    ("DELETE", "/data"),
]


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("email", ["ada@acme.example", None], ids=["admin", "nobody"])
def test_a_door_of_jupyters_is_not_there(house, people, email, path):
    kernel = people("ann@acme.example").open_page() if "{kernel}" in path else ""
    visitor = people(email) if email else house.anybody()

    assert visitor.get(path.format(kernel=kernel)).status == 404


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_nothing_of_jupyters_can_be_written(people, method, path):
    ada = people("ada@acme.example")
    kernel = ada.open_page()

    answer = ada.request(method, path.format(kernel=kernel), X_XSRFToken=ada.xsrf)

    assert answer.status in (404, 405)
    assert ada.kernel_status(kernel) == 200


@pytest.mark.parametrize("path", ["/", MMM, "/data", "/settings", "/settings/users", "/password"])
def test_a_page_sends_who_is_not_signed_in_to_the_sign_in(house, path):
    answer = house.anybody().get(path)

    assert answer.status == 302
    assert answer.headers["location"].startswith("/login?next=%2F")
    assert "Acme" not in answer.text


@pytest.mark.parametrize("email", ["ada@acme.example", "vic@acme.example"])
@pytest.mark.parametrize("channel", ["shell", "control"])
def test_no_code_runs_over_the_socket(people, email, channel):
    member = people(email)
    kernel = member.open_page()
    code = {
        "code": "import os; print('RAN', dict(os.environ))",
        "silent": False,
        "store_history": False,
        "user_expressions": {"x": "'RAN'"},
        "allow_stdin": False,
    }

    said = member.talk(kernel, ("execute_request", code), channel=channel, seconds=1)

    assert "execute_reply" not in {message["type"] for message in said}
    assert "RAN" not in str(said)


@pytest.mark.parametrize(
    "path",
    [
        "../../../../pyvenv.cfg",
        "%2e%2e/%2e%2e/%2e%2e/%2e%2e/pyvenv.cfg",
        "..%5c..%5cpyvenv.cfg",
        "//etc/passwd",
        "%2fetc/passwd",
    ],
)
@pytest.mark.parametrize("folder", ["static", "labextensions"])
def test_no_path_leads_out_of_the_static_folders(people, folder, path):
    answer = people("ada@acme.example").get(f"{voila_address()}/{folder}/{path}")

    assert answer.status in (403, 404)
    assert "root:" not in answer.text


def test_a_foreign_origin_may_not_connect_with_a_members_cookie(people):
    ann = people("ann@acme.example")

    assert ann.talk(ann.open_page(), Origin="https://evil.example") == 403


def test_a_foreign_name_of_this_server_is_refused(people):
    answer = people("ann@acme.example").get("/", Host="evil.example")

    assert answer.status == 403
    assert "Acme" not in answer.text


@pytest.mark.parametrize("path", ["/", MMM, "/data", "/login", "/password", "/nope"])
def test_every_page_forbids_frames_other_hosts_and_caches(people, path):
    visitor = people("ann@acme.example")
    headers = (
        visitor.get(path).headers if path != "/login" else visitor.anonymous().get(path).headers
    )

    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    if path != MMM:
        assert "unsafe" not in policy.split("script-src")[1].split(";")[0]
