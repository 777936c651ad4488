"""What a member may do, and how they are told apart."""

from uuid import UUID

import pytest

from apportion.errors import ForbiddenError
from apportion.results.accounts import Role, Via
from apportion.results.tenants import Tenant
from apportion.workspace.accounts import Member
from apportion.workspace.accounts.browsers import browser_family

TENANT = Tenant(id=UUID(int=1), slug="acme", name="Acme", currency="EUR", timezone="UTC")


def _member(role: Role = Role.VIEWER, via: Via = Via.PASSWORD, **more) -> Member:
    values = {
        "user_id": "u1",
        "email": "ann@acme.example",
        "name": "Ann",
        "tenant": TENANT,
        "credential_id": "c1",
    }
    return Member(**{**values, "role": role, "via": via, **more})


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.VIEWER, {Role.VIEWER}),
        (Role.ANALYST, {Role.VIEWER, Role.ANALYST}),
        (Role.ADMIN, {Role.VIEWER, Role.ANALYST, Role.ADMIN}),
    ],
)
def test_a_role_may_do_what_the_lower_ones_may(role, may):
    member = _member(role)

    for needed in may:
        member.require(needed)
    for needed in set(Role) - may:
        with pytest.raises(ForbiddenError, match=f"needs the role {needed}; yours is {role}"):
            member.require(needed)


@pytest.mark.parametrize("role", Role)
def test_who_has_a_one_time_password_may_do_nothing(role):
    member = _member(role, must_change_password=True)

    for needed in Role:
        with pytest.raises(ForbiddenError, match="one-time password"):
            member.require(needed)


def test_only_a_token_needs_no_proof_that_the_page_is_ours():
    assert [via for via in Via if not _member(via=via).needs_xsrf_token] == [Via.TOKEN]


def test_a_user_is_the_same_in_every_session_and_another_than_their_token():
    sessions = {_member(credential_id=session).id for session in ("c1", "c2")}
    tokens = {_member(via=Via.TOKEN, credential_id=token).id for token in ("c1", "c2")}

    assert len(sessions) == 1
    assert len(tokens) == 2
    assert not sessions & tokens


def test_a_member_cannot_be_turned_to_another_tenant():
    with pytest.raises(AttributeError):
        _member().tenant = TENANT.model_copy(update={"slug": "bolt"})


@pytest.mark.parametrize(
    ("user_agent", "family"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; x64) Chrome/140.0 Safari/537.36",
            "Chrome on Windows",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14) Version/18 Safari/605.1", "Safari on macOS"),
        (
            "Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Safari/537.36",
            "Chrome on Android",
        ),
        ("curl/8.5", ""),
        ("", ""),
    ],
)
def test_only_the_family_of_a_browser_is_remembered(user_agent, family):
    assert browser_family(user_agent) == family
