"""What each role may do, and what an API token is good for."""

import json

import pytest

from apportion.results.accounts import Role
from security.conftest import with_token
from server.process import MMM

MODEL = "/api/admin/attribution/mmm"
OPTIMIZE = f"{MODEL}/optimize"
SETTINGS = ["/settings", "/settings/users", "/settings/tokens", "/settings/audit"]


@pytest.mark.parametrize("path", SETTINGS)
@pytest.mark.parametrize("email", ["vic@acme.example", "ann@acme.example"])
def test_settings_are_for_administrators(people, email, path):
    visitor = people(email)
    answer = visitor.get(path)

    assert answer.status == 403
    assert "This needs the role admin" in answer.text
    assert 'href="/settings"' not in visitor.get("/").text


@pytest.mark.parametrize("path", SETTINGS[:3])
@pytest.mark.parametrize("email", ["vic@acme.example", "ann@acme.example"])
def test_nobody_else_changes_settings(house, people, email, path):
    before = house.of("acme").users(), house.of("acme").tokens(), house.store.tenant("acme")
    fields = {"do": "add", "email": "evil@evil.example", "name": "evil", "role": "admin"}

    for do in ("add", "create", "change"):
        assert people(email).post(path, **{**fields, "do": do}).status == 403

    assert before == (house.of("acme").users(), house.of("acme").tokens(),
                      house.store.tenant("acme"))  # fmt: skip


def test_a_viewer_sees_the_data_and_imports_nothing(people):
    vic = people("vic@acme.example")
    page = vic.get("/data")

    assert page.status == 200
    assert "What is loaded" in page.text
    assert "Upload and check" not in page.text
    assert vic.post("/data/uploads").status == 403
    assert vic.post(f"/data/uploads/{'a' * 22}", do="import").status == 403


def test_a_token_reads_and_needs_no_xsrf_token(house):
    program = house.token("acme", Role.VIEWER)

    assert program.get(MODEL).status == 200
    answer = program.request(
        "POST", OPTIMIZE, '{"totalBudget": 100}', Content_Type="application/json"
    )
    assert answer.status not in (401, 403)


@pytest.mark.parametrize("path", ["/", MMM, "/data", "/settings", "/password"])
def test_a_token_opens_no_page(house, path):
    program = house.token("acme", Role.ADMIN)
    alive = len(program.children())

    assert program.get(path).status == 403
    assert len(program.children()) == alive


def test_a_token_uses_no_kernel_of_its_maker(house, people):
    ada = people("ada@acme.example")
    kernel = ada.open_page()
    made = ada.post("/settings/tokens", do="create", name="of Ada", role="admin")
    text = made.text.split('class="ap-secret">')[1].split("<")[0]
    program = with_token(house.server, text)

    assert program.get(MODEL).status == 200
    assert program.kernel_status(kernel) == 404
    assert program.talk(kernel) == 403
    assert program.request("POST", f"/voila/api/shutdown/{kernel}").status == 404
    assert ada.kernel_status(kernel) == 200


def test_a_tokens_text_is_shown_once_and_stored_nowhere(house, people):
    ada = people("ada@acme.example")
    made = ada.post("/settings/tokens", do="create", name="shown once", role="viewer")
    text = made.text.split('class="ap-secret">')[1].split("<")[0]

    assert text.startswith("apt_")
    assert text not in ada.get("/settings/tokens").text
    assert text not in ada.get("/settings/audit").text
    assert text not in house.server.log.read_text()


def test_a_token_of_a_removed_user_is_refused(house, guest):
    email, user_id = guest(Role.ADMIN)
    boss = house.server.signed_in(email)
    made = boss.post("/settings/tokens", do="create", name="theirs", role="analyst")
    program = with_token(house.server, made.text.split('class="ap-secret">')[1].split("<")[0])
    assert program.get(MODEL).status == 200

    house.of("acme").remove_user(user_id)

    assert program.get(MODEL).status == 401


def test_a_revoked_token_is_refused(house):
    program = house.token("acme")
    token = max(house.of("acme").tokens(), key=lambda found: found.created_at)

    house.of("acme").revoke_token(token.id)

    assert program.get(MODEL).status == 401


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer ",
        "Bearer nonsense",
        f"Bearer apt_{'0' * 32}_{'A' * 43}",
        "Basic YWRtaW46YWRtaW4=",
        "token x",
        "Bearer null",
    ],
)
def test_who_sends_a_bad_token_is_nobody_even_with_a_good_cookie(people, authorization):
    ann = people("ann@acme.example")

    assert ann.get(MODEL, Authorization=authorization).status == 401
    assert ann.get("/", Authorization=authorization).status == 302


def test_a_token_in_the_address_is_nobodys(house):
    text = house.token("acme").authorization.removeprefix("Bearer ")
    nobody = house.anybody()

    assert nobody.get(f"{MODEL}?token={text}").status in (401, 422)
    assert nobody.get(f"/?token={text}").status == 302


def test_the_api_says_who_may_not_in_its_own_words(house):
    answer = house.anybody().get(MODEL)

    assert answer.status == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.text)["status"] == 401


def test_the_description_of_the_api_is_open(house):
    assert json.loads(house.anybody().get("/api/openapi.json").text)["openapi"].startswith("3.")


def test_no_other_origin_may_read_what_a_token_gets(house):
    answer = house.token("acme").get(MODEL, Origin="https://evil.example")

    assert "access-control-allow-origin" not in answer.headers


def test_an_administrator_manages_users(house, people):
    ada = people("ada@acme.example")

    added = ada.post("/settings/users", do="add", email="new@acme.example", role="viewer")
    user = house.of("acme").user_with_email("new@acme.example")
    one_time = added.text.split('class="ap-secret">')[1].split("<")[0]
    assert house.anybody().sign_in("new@acme.example", one_time).status == 303
    assert one_time not in ada.get("/settings/users").text

    ada.post("/settings/users", do="role", user=user.id, role="analyst")
    assert house.of("acme").user(user.id).role is Role.ANALYST
    ada.post("/settings/users", do="disable", user=user.id)
    assert house.anybody().sign_in("new@acme.example", one_time).status == 401
    ada.post("/settings/users", do="enable", user=user.id)
    ada.post("/settings/users", do="remove", user=user.id)
    assert user.id not in {found.id for found in house.of("acme").users()}
    trail = ada.get("/settings/audit").text
    assert all(word in trail for word in ("User added", "Role changed", "User removed"))


@pytest.mark.parametrize(
    ("path", "fields", "status", "message"),
    [
        ("/settings/users", {"do": "add", "email": "nobody", "role": "viewer"}, 422, "nobody"),
        ("/settings/users", {"do": "add", "email": "a@b.example", "role": "boss"}, 422, "A role"),
        ("/settings/users", {"do": "add", "email": "ann@acme.example", "role": "viewer"}, 409,
         "already"),
        ("/settings/users", {"do": "remove", "user": "none"}, 404, "There is no user"),
        ("/settings/tokens", {"do": "create", "name": "x", "role": "viewer",
                              "expires_days": "soon"}, 422, "whole number"),
        ("/settings", {"do": "change", "name": "A", "currency": "euro", "timezone": "UTC"}, 422,
         "three letters"),
        ("/settings", {"do": "change", "name": "A", "currency": "EUR", "timezone": "Mars"}, 422,
         "IANA name"),
        ("/settings", {"do": "nonsense"}, 400, "cannot be understood"),
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_done_is_told_in_the_page(house, people, path, fields, status, message):
    before = house.store.tenant("acme"), house.of("acme").users()

    answer = people("ada@acme.example").post(path, **fields)

    assert answer.status == status
    assert message in answer.text
    assert (house.store.tenant("acme"), house.of("acme").users()) == before


def test_the_last_administrator_stays(house, people):
    ada = people("ada@acme.example")
    own = house.of("acme").user_with_email("ada@acme.example")

    answer = ada.post("/settings/users", do="remove", user=own.id)

    assert answer.status == 409
    assert ada.get("/settings").status == 200


def test_a_company_changes_its_own_name_only(house, people):
    before = house.store.tenant("acme")
    birch = house.store.tenant("birch")
    ada = people("ada@acme.example")
    change = {"currency": "CHF", "timezone": "Europe/Zurich"}

    page = ada.post("/settings", do="change", name="Acme & <b>Söhne</b>", **change)

    assert "Acme &amp; &lt;b&gt;Söhne&lt;/b&gt;" in page.text
    assert house.store.tenant("acme").currency == "CHF"
    assert house.store.tenant("birch") == birch
    ada.post("/settings", do="change", name=before.name, currency="EUR", timezone=before.timezone)
    assert house.store.tenant("acme") == before
