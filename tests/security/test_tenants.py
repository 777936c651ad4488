"""Two tenants, every role: each sees its own, and nothing that is sent can change that."""

import json

import pytest

from apportion.results.accounts import Role
from server.conftest import PEOPLE
from server.process import MMM

MODEL = "/api/admin/attribution/mmm"
RUNS = "/api/admin/attribution/runs"
NAMES = {"acme": "Acme", "birch": "Birch"}
ALONE = {email: next(iter(roles)) for email, roles in PEOPLE.items() if len(roles) == 1}
BY_ROLE = {email: slug for email, slug in ALONE.items() if slug in NAMES}


def other(slug):
    return "birch" if slug == "acme" else "acme"


def model_of(house, slug):
    return house.store.for_tenant(slug).latest_model().model_id


@pytest.mark.parametrize("email", BY_ROLE)
@pytest.mark.parametrize("path", ["/", MMM, "/data"])
def test_pages_show_the_own_tenant_only(house, people, email, path):
    slug = BY_ROLE[email]
    page = people(email).get(path)

    assert page.status == 200
    assert NAMES[slug] in page.text
    assert NAMES[other(slug)] not in page.text


@pytest.mark.parametrize("email", BY_ROLE)
def test_the_api_gives_the_own_model_only(house, people, email):
    slug = BY_ROLE[email]
    found = json.loads(people(email).get(MODEL).text)

    assert found["modelId"] == model_of(house, slug)


TRICKS = [
    {"query": "?tenant=birch"},
    {"query": "?APPORTION_TENANT=birch&tenant_id=birch&slug=birch"},
    {"X_Tenant": "birch"},
    {"X_Forwarded_User": "ben@birch.example", "X_Forwarded_Email": "ben@birch.example"},
    {"Remote_User": "ben@birch.example"},
    {"Cf_Access_Jwt_Assertion": "e30.e30."},
    {"more_cookies": "apportion_tenant=birch; tenant=birch; APPORTION_TENANT=birch"},
    {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "birch.example"},
]


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: next(iter(trick)))
@pytest.mark.parametrize("path", ["/", "/data", MODEL])
def test_nothing_that_is_sent_changes_the_tenant(house, people, trick, path):
    ann = people("ann@acme.example")
    headers = dict(trick)
    query = headers.pop("query", "")
    if more := headers.pop("more_cookies", ""):
        headers["Cookie"] = f"{ann.cookie}; {more}"

    answer = ann.get(path + query, **headers)

    assert answer.status in (200, 422)
    assert "Birch" not in answer.text
    assert model_of(house, "birch") not in answer.text


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: next(iter(trick)))
def test_a_kernel_knows_the_own_tenant_whatever_is_sent(people, trick):
    ann = people("ann@acme.example")
    headers = dict(trick)
    query = headers.pop("query", "")
    if more := headers.pop("more_cookies", ""):
        headers["Cookie"] = f"{ann.cookie}; {more}"

    found = ann.environment(ann.open_page(MMM + query, **headers))

    assert found["APPORTION_TENANT"] == "acme"
    assert "birch" not in str(found)


def test_two_people_of_one_tenant_do_not_share_a_kernel(people):
    ann, ada = people("ann@acme.example"), people("ada@acme.example")
    kernel = ann.open_page()

    assert ann.kernel_status(kernel) == 200
    assert ada.kernel_status(kernel) == 404
    assert ada.talk(kernel) == 403


@pytest.mark.parametrize("email", ["ben@birch.example", "bea@birch.example"])
def test_the_others_kernel_is_not_there(people, email):
    ann, ben = people("ann@acme.example"), people(email)
    kernel = ann.open_page()

    assert ben.kernel_status(kernel) == 404
    assert ben.talk(kernel, ("kernel_info_request", {})) == 403
    end = f"/voila/api/shutdown/{kernel}"
    assert ben.request("POST", end, X_XSRFToken=ben.xsrf).status == 404
    assert ann.kernel_status(kernel) == 200
    assert ann.widget_states(kernel)


def test_nobody_reaches_a_kernel_without_signing_in(house, people):
    kernel = people("ann@acme.example").open_page()
    nobody = house.anybody()

    assert nobody.kernel_status(kernel) == 403
    assert nobody.talk(kernel) == 403
    assert nobody.request("POST", f"/voila/api/shutdown/{kernel}").status == 403
    assert people("ann@acme.example").kernel_status(kernel) == 200


def test_the_others_run_is_like_one_that_never_was(house):
    tenant = house.store.for_tenant("birch")
    run = tenant.start_run("mmm", {}, host="elsewhere", pid=1, process_started=1.0)
    token = house.token("acme", Role.ADMIN)

    theirs = token.get(f"{RUNS}/{run.id}")
    never = token.get(f"{RUNS}/00000000-0000-0000-0000-000000000000")

    assert theirs.status == never.status == 404
    assert theirs.text.replace(run.id, "") == never.text.replace(
        "00000000-0000-0000-0000-000000000000", ""
    )
    assert run.id not in token.get(RUNS).text


def test_settings_reach_the_own_users_and_tokens_only(house, people):
    ada = people("ada@acme.example")
    bea = next(user for user in house.of("birch").users() if user.email.startswith("bea@"))
    token = house.of("birch").create_token("theirs", Role.VIEWER).token

    for do in ("reset", "disable", "remove", "role"):
        refused = ada.post("/settings/users", do=do, user=bea.id, role="viewer")
        assert refused.status == 404
    assert ada.post("/settings/tokens", do="revoke", token=token.id).status == 404
    assert house.of("birch").user(bea.id) == bea
    assert [found.revoked_at for found in house.of("birch").tokens()
            if found.id == token.id] == [None]  # fmt: skip


def test_the_audit_trail_shows_the_own_events_only(people):
    people("bea@birch.example")
    page = people("ada@acme.example").get("/settings/audit").text

    assert "ada@acme.example" in page
    assert "birch" not in page.lower()


def test_a_company_that_somebody_has_no_account_with_cannot_be_chosen(house):
    dan = house.anybody()
    dan.sign_in("dan@both.example")

    assert dan.get("/").status == 302
    assert dan.post("/tenant", tenant="clay", next="/").status == 404
    assert dan.post("/tenant", tenant="nobody", next="/").status == 404
    assert dan.post("/tenant", tenant="birch", next="/").status == 303
    assert "Birch" in dan.get("/").text
    assert "Acme" not in dan.get("/").text.replace("<a", "")


def test_choosing_another_company_ends_the_kernels_of_the_former(house):
    dan = house.anybody()
    dan.sign_in("dan@both.example")
    dan.post("/tenant", tenant="birch", next="/")
    kernel = dan.open_page()
    assert dan.environment(kernel)["APPORTION_TENANT"] == "birch"

    dan.post("/tenant", tenant="acme", next="/")

    assert dan.kernel_status(kernel) == 404
    assert dan.environment(dan.open_page())["APPORTION_TENANT"] == "acme"
