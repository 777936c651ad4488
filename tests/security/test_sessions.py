"""Sessions: how they begin, what they are good for, and that they end everywhere at once."""

import datetime as dt
from urllib.parse import quote

import pytest

from apportion.results.accounts import Role
from apportion.server.redirects import safe_path
from apportion.store.accounts_schema import sessions
from apportion.workspace.accounts.credentials import hash_of
from server.process import MMM, PASSWORD, wait_until

OTHER_PASSWORD = "seven violet tractors"


def session_of(visitor):
    return visitor.cookies.get("apportion_session")


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(house):
    visitor = house.anybody()
    answer = visitor.sign_in("ann@acme.example")
    [cookie] = [text for text in answer.given if text.startswith("apportion_session=")]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Max-Age=1209600" in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ann@acme.example", "quartz umbrella lagoons"),
        ("nobody@acme.example", PASSWORD),
        ("ann@acme.example", ""),
        ("", PASSWORD),
        ("ann@acme.example' OR '1'='1", PASSWORD),
    ],
    ids=["wrong password", "no account", "no password", "no address", "SQL"],
)
def test_who_does_not_know_the_password_gets_the_same_words(house, email, password):
    visitor = house.anybody()
    answer = visitor.sign_in(email, password)

    assert answer.status == 401
    assert "The e-mail address or the password is not right." in answer.text
    assert session_of(visitor) is None
    assert visitor.get("/").status == 302


def test_a_session_that_was_planted_is_not_taken_over(house):
    visitor = house.anybody()
    planted = "A" * 43
    visitor.cookies["apportion_session"] = planted
    attacker = visitor.copy()

    assert visitor.sign_in("ann@acme.example").status == 303

    assert session_of(visitor) != planted
    assert visitor.get("/").status == 200
    assert attacker.get("/").status == 302


def test_a_session_changes_its_text_when_somebody_else_signs_in(house):
    visitor = house.server.signed_in("ann@acme.example")
    former = visitor.copy()

    visitor.sign_in("ada@acme.example")

    assert session_of(visitor) != session_of(former)
    assert former.get("/").status == 302


def test_signing_out_ends_every_copy_with_its_kernels_and_sockets(house):
    ann = house.server.signed_in("ann@acme.example")
    copied, kernel = ann.copy(), ann.open_page()

    assert ann.post("/logout").status == 303

    assert session_of(ann) is None
    assert copied.get("/").status == 302
    assert copied.kernel_status(kernel) == 403
    again = house.server.signed_in("ann@acme.example")
    assert again.kernel_status(kernel) == 404


def test_one_browser_signs_out_and_another_of_the_same_person_goes_on(house):
    first, second = (house.server.signed_in("ann@acme.example") for _ in range(2))
    kernel = second.open_page()

    first.post("/logout")

    assert second.get("/").status == 200
    assert second.kernel_status(kernel) == 200


def test_a_link_or_an_image_signs_nobody_out(people):
    ann = people("ann@acme.example")

    assert ann.get("/logout").status == 405
    assert ann.get("/").status == 200


@pytest.mark.parametrize("how", ["remove_user", "disable_user", "reset_password", "role"])
def test_what_an_administrator_does_ends_session_kernel_and_socket(house, guest, how):
    email, user_id = guest()
    visitor = house.server.signed_in(email)
    kernel = visitor.open_page()
    alive = len(visitor.children())
    of_acme = house.of("acme")

    if how == "role":
        of_acme.set_role(user_id, Role.VIEWER)
    else:
        getattr(of_acme, how)(user_id)

    assert visitor.get("/").status == 302
    assert visitor.kernel_status(kernel) == 403
    assert visitor.talk(kernel) == 403
    assert wait_until(lambda: len(visitor.children()) < alive)


def test_an_open_socket_ends_with_the_session(house, guest):
    email, user_id = guest()
    visitor = house.server.signed_in(email)
    kernel = visitor.open_page()

    closed = visitor.talk_until_closed(kernel, lambda: house.of("acme").remove_user(user_id))

    assert closed == 4001


def test_an_expired_session_is_refused(house, guest):
    email, _ = guest()
    visitor = house.server.signed_in(email)
    assert visitor.get("/").status == 200

    expire(house, session_of(visitor))

    assert visitor.get("/").status == 302
    assert visitor.get("/api/admin/attribution/mmm").status == 401


def test_changing_the_password_ends_the_other_sessions(house, guest):
    email, _ = guest()
    here, there = (house.server.signed_in(email) for _ in range(2))
    before = here.copy()

    answer = here.post(
        "/password",
        password=PASSWORD,
        new_password=OTHER_PASSWORD,
        new_password_again=OTHER_PASSWORD,
        next="/data",
    )

    assert (answer.status, answer.headers["location"]) == (303, "/data")
    assert here.get("/").status == 200
    assert there.get("/").status == before.get("/").status == 302
    assert house.anybody().sign_in(email, PASSWORD).status == 401
    assert house.anybody().sign_in(email, OTHER_PASSWORD).status == 303


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"password": "wrong"}, "The current password is not right"),
        ({"new_password_again": "something else"}, "The two new passwords differ"),
        ({"new_password": "short", "new_password_again": "short"}, "12 to 256 characters"),
        ({"new_password": PASSWORD, "new_password_again": PASSWORD}, "is the old one"),
    ],
    ids=["wrong", "differs", "short", "same"],
)
def test_a_password_that_cannot_be_changed_is_told_why(house, guest, fields, message):
    email, _ = guest()
    visitor = house.server.signed_in(email)
    sent = {
        "password": PASSWORD,
        "new_password": OTHER_PASSWORD,
        "new_password_again": OTHER_PASSWORD,
        **fields,
    }

    answer = visitor.post("/password", **sent)

    assert answer.status == 422
    assert message in answer.text
    assert house.anybody().sign_in(email, PASSWORD).status == 303


def test_a_one_time_password_opens_nothing_but_its_change(house, guest):
    email, user_id = guest()
    one_time = house.of("acme").reset_password(user_id)
    visitor = house.anybody()
    answer = visitor.sign_in(email, one_time, next=MMM)

    assert answer.headers["location"] == "/password?next=%2Fadmin%2Fattribution%2Fmmm"
    for path in ("/", MMM, "/data", "/settings"):
        assert visitor.get(path).headers["location"].startswith("/password?")
    assert visitor.get("/api/admin/attribution/mmm").status == 403
    assert visitor.post("/data/uploads").status == 403
    assert visitor.get("/password").status == 200
    changed = visitor.post(
        "/password",
        password=one_time,
        new_password=OTHER_PASSWORD,
        new_password_again=OTHER_PASSWORD,
        next=MMM,
    )
    assert changed.headers["location"] == MMM
    assert visitor.get("/").status == 200


def test_guessing_is_slowed_down_for_the_account_and_not_for_others(house, guest):
    email, _ = guest()
    statuses = [house.anybody().sign_in(email, f"wrong {n} password").status for n in range(6)]
    refused = house.anybody().sign_in(email)

    assert statuses[:5] == [401] * 5
    assert refused.status == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert "Too many attempts" in refused.text
    assert house.anybody().sign_in("ann@acme.example").status == 303


FOREIGN = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example/",
    "http:evil.example",
    "javascript:alert(1)",
    "/%0d%0aSet-Cookie:x=y",
    "/\r\nSet-Cookie: x=y",
    "/\t/evil.example",
    " //evil.example",
    "",
]


@pytest.mark.parametrize("wanted", FOREIGN, ids=repr)
def test_after_signing_in_nobody_is_sent_elsewhere(house, wanted):
    visitor = house.anybody()
    answer = visitor.sign_in("ann@acme.example", next=wanted)

    assert answer.status == 303
    location = answer.headers["location"]
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
    assert "x=y" not in str(answer.given)


@pytest.mark.parametrize("wanted", FOREIGN, ids=repr)
def test_who_is_signed_in_is_not_sent_elsewhere_by_a_link(people, wanted):
    answer = people("ann@acme.example").get(f"/login?next={quote(wanted)}")

    assert answer.status == 302
    assert safe_path(answer.headers["location"]) == answer.headers["location"]


def test_a_page_of_ours_is_come_back_to(house):
    visitor = house.anybody()
    assert visitor.get(f"{MMM}?a=b").headers["location"] == (
        "/login?next=%2Fadmin%2Fattribution%2Fmmm%3Fa%3Db"
    )

    assert visitor.sign_in("ann@acme.example", next=f"{MMM}?a=b").headers["location"] == (
        f"{MMM}?a=b"
    )


WRITES = {
    "/login": {"email": "ann@acme.example", "password": PASSWORD},
    "/logout": {},
    "/tenant": {"tenant": "acme"},
    "/password": {"password": PASSWORD},
    "/settings": {"do": "change", "name": "Taken", "currency": "USD", "timezone": "UTC"},
    "/settings/users": {"do": "add", "email": "evil@evil.example", "role": "admin"},
    "/settings/tokens": {"do": "create", "name": "evil", "role": "admin"},
    "/data/uploads": {},
    f"/data/uploads/{'a' * 22}": {"do": "import"},
}


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize("token", ["", "2|00000000|0|1700000000", "other"])
def test_a_write_without_the_pages_own_token_is_refused(house, people, path, token):
    ada = people("ada@acme.example")
    answer = ada.post(path, _xsrf=token, **WRITES[path])

    assert answer.status == 403
    assert ada.get("/").status == 200
    assert "evil" not in ada.get("/settings/users").text
    assert house.store.tenant("acme").name == "Acme"


@pytest.mark.parametrize("path", [*WRITES, "/api/admin/attribution/mmm/optimize"])
def test_a_write_from_another_site_is_refused(people, path):
    ada = people("ada@acme.example")
    foreign = {"Origin": "https://evil.example", "X_XSRFToken": ada.xsrf}

    assert ada.request("POST", path, "{}", **foreign).status in (403, 404)
    assert ada.get("/").status == 200


def test_a_write_of_the_api_needs_the_token_beside_the_cookie(people):
    ann = people("ann@acme.example")
    address, body = "/api/admin/attribution/mmm/optimize", '{"totalBudget": 100}'

    refused = ann.request("POST", address, body, Content_Type="application/json")
    taken = ann.request(
        "POST", address, body, Content_Type="application/json", X_XSRFToken=ann.xsrf
    )

    assert refused.status == 403
    assert taken.status not in (401, 403)


def expire(house, session):
    """Let a session be past its end, as time would."""
    member = house.accounts.resume(session)
    store = house.store.for_tenant_id(member.tenant.id)
    past = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
    with store._writing() as connection:
        ended = sessions.c.hash == hash_of(session)
        assert connection.update(sessions, ended, expires_at=past) == 1
