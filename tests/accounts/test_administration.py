"""An administrator changes the accounts of their tenant, and of no other."""

import datetime as dt
from uuid import uuid4

import pytest

from accounts.examples import ANN, BOB, CAT, PASSWORD
from apportion.errors import ConflictError, ForbiddenError, NotFoundError, ParameterError
from apportion.results.accounts import Actor, AuditAction, Role
from apportion.workspace.accounts import Administration


def test_only_an_administrator_opens_the_accounts(accounts, sign_in):
    assert accounts.administer(sign_in(ANN).member).tenant.slug == "acme"
    for slug, role in (("acme", "analyst"), ("bolt", "viewer")):
        member = accounts.choose_tenant(sign_in(CAT).session, slug).member
        with pytest.raises(ForbiddenError, match=f"needs the role admin; yours is {role}"):
            accounts.administer(member)


def test_the_operator_opens_the_accounts_of_a_tenant_that_is_there(accounts):
    with pytest.raises(NotFoundError, match="There is no tenant 'none'"):
        accounts.administer_as_operator("none")


def test_each_sees_the_own_users(acme, bolt):
    assert [user.email for user in acme.users()] == [ANN, CAT]
    assert [user.email for user in bolt.users()] == [BOB, CAT]


def test_a_user_is_added_once_in_whatever_case(acme, bolt):
    with pytest.raises(ConflictError, match=r"a user ann@acme\.example already"):
        acme.add_user("ANN@acme.example ", Role.VIEWER)

    assert bolt.add_user(ANN, Role.VIEWER).user.email == ANN


@pytest.mark.parametrize(
    ("email", "name"),
    [
        ("", ""),
        ("ann", ""),
        ("ann @acme.example", ""),
        ("a@b@c", ""),
        ("ann@" + "a" * 260, ""),
        ("ann\0@acme.example", ""),
        ("zoe@acme.example", "two\nlines"),
        ("zoe@acme.example", "n" * 201),
    ],
)
def test_an_address_or_a_name_that_cannot_be_used_is_refused(acme, email, name):
    with pytest.raises(ParameterError, match="found"):
        acme.add_user(email, Role.VIEWER, name=name)

    assert len(acme.users()) == 2


def test_a_password_for_a_new_user_must_be_safe(acme):
    with pytest.raises(ParameterError, match="not safe"):
        acme.add_user("zoe@acme.example", Role.VIEWER, password="passwordpassword")

    assert len(acme.users()) == 2


def test_a_role_that_does_not_exist_is_refused(acme):
    with pytest.raises(ValueError, match="owner"):
        acme.add_user("zoe@acme.example", "owner")


def test_one_time_passwords_differ_and_are_said_to_be_one_time(acme):
    added = [acme.add_user(f"{name}@acme.example", Role.VIEWER) for name in ("yan", "zoe")]

    assert len({each.one_time_password for each in added}) == 2
    assert all(each.user.must_change_password for each in added)
    assert not acme.user_with_email(ANN).must_change_password


def test_the_last_administrator_stays(acme):
    ann = acme.user_with_email(ANN)

    for change in (
        lambda: acme.remove_user(ann.id),
        lambda: acme.disable_user(ann.id),
        lambda: acme.set_role(ann.id, Role.ANALYST),
    ):
        with pytest.raises(ConflictError, match="last administrator"):
            change()

    assert acme.user(ann.id) == ann


def test_a_disabled_administrator_is_none_to_leave_the_tenant_to(acme):
    ann, cat = acme.user_with_email(ANN), acme.user_with_email(CAT)
    acme.set_role(cat.id, Role.ADMIN)
    acme.disable_user(cat.id)

    with pytest.raises(ConflictError, match="last administrator"):
        acme.remove_user(ann.id)

    acme.enable_user(cat.id)
    acme.remove_user(ann.id)
    assert [user.email for user in acme.users()] == [CAT]


def test_two_administrators_who_remove_each_other_leave_one(accounts, acme):
    ann, cat = acme.user_with_email(ANN), acme.user_with_email(CAT)
    acme.set_role(cat.id, Role.ADMIN)

    acme.remove_user(ann.id)
    with pytest.raises(ConflictError):
        acme.remove_user(cat.id)


def test_a_removed_user_can_be_added_again_as_somebody_new(acme):
    before = acme.user_with_email(CAT)
    acme.remove_user(before.id)

    assert acme.add_user(CAT, Role.VIEWER).user.id != before.id


BY_ID = {
    "user": Administration.user,
    "remove_user": Administration.remove_user,
    "reset_password": Administration.reset_password,
    "disable_user": Administration.disable_user,
    "enable_user": Administration.enable_user,
    "set_role": lambda administration, key: administration.set_role(key, Role.ADMIN),
    "revoke_token": Administration.revoke_token,
    "audit": lambda administration, key: administration.audit(before=key),
}


@pytest.mark.parametrize("name", BY_ID)
def test_another_tenants_record_is_like_one_that_does_not_exist(acme, bolt, name):
    theirs = {
        "revoke_token": lambda: bolt.create_token("theirs", Role.VIEWER).token.id,
        "audit": lambda: bolt.audit().events[0].id,
    }.get(name, lambda: bolt.user_with_email(BOB).id)()
    before = bolt.users(), bolt.tokens(), bolt.audit()

    told = []
    for key in (theirs, str(uuid4()), "no id"):
        with pytest.raises(NotFoundError) as refused:
            BY_ID[name](acme, key)
        told.append(str(refused.value).replace(key, "it"))

    assert len(set(told)) == 1
    assert (bolt.users(), bolt.tokens(), bolt.audit()) == before


def test_another_tenants_address_is_like_nobodys(acme, bolt):
    told = []
    for email in (BOB, "nobody@bolt.example"):
        with pytest.raises(NotFoundError) as refused:
            acme.user_with_email(email)
        told.append(str(refused.value).replace(email, "it"))

    assert told[0] == told[1]


# The audit trail


def test_every_change_is_on_record_with_who_made_it(accounts, sign_in):
    ann = sign_in(ANN).member
    administration = accounts.administer(ann)
    zoe = administration.add_user("zoe@acme.example", Role.VIEWER).user
    administration.set_role(zoe.id, Role.ANALYST)
    administration.reset_password(zoe.id)
    administration.disable_user(zoe.id)
    administration.enable_user(zoe.id)
    administration.revoke_token(administration.create_token("sheet", Role.VIEWER).token.id)
    administration.remove_user(zoe.id)

    events = [event for event in administration.audit().events if event.actor == ann.actor]

    assert ann.actor == Actor(name=ANN, user_id=ann.user_id)
    assert [(event.action, event.subject) for event in reversed(events)] == [
        (AuditAction.SIGNED_IN, ANN),
        (AuditAction.USER_ADDED, zoe.email),
        (AuditAction.ROLE_CHANGED, zoe.email),
        (AuditAction.PASSWORD_RESET, zoe.email),
        (AuditAction.USER_DISABLED, zoe.email),
        (AuditAction.USER_ENABLED, zoe.email),
        (AuditAction.TOKEN_CREATED, "sheet"),
        (AuditAction.TOKEN_REVOKED, "sheet"),
        (AuditAction.USER_REMOVED, zoe.email),
    ]
    assert events[6].details == {"from": "viewer", "to": "analyst"}


def test_what_changes_nothing_is_not_on_record(acme):
    ann = acme.user_with_email(ANN)
    token = acme.create_token("sheet", Role.VIEWER).token
    acme.revoke_token(token.id)
    before = acme.audit()

    acme.set_role(ann.id, Role.ADMIN)
    acme.enable_user(ann.id)
    acme.revoke_token(token.id)

    assert acme.audit() == before


def test_a_refused_change_is_not_on_record(acme):
    before = acme.audit()

    with pytest.raises(ConflictError):
        acme.remove_user(acme.user_with_email(ANN).id)

    assert acme.audit() == before


def test_a_sign_in_is_on_record_with_the_failures_before_it(acme, bolt, sign_in):
    for _ in range(2):
        with pytest.raises(Exception, match="not right"):
            sign_in(ANN, "wrong")
    sign_in(ANN, user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1")

    newest = acme.audit().events[0]

    assert newest.action == AuditAction.SIGNED_IN
    assert newest.details == {
        "via": "password",
        "browser": "Safari on iOS",
        "failuresBefore": 2,
    }
    assert AuditAction.SIGNED_IN not in {event.action for event in bolt.audit().events}


def test_signing_out_and_a_new_password_are_on_record(accounts, acme, sign_in):
    accounts.sign_out(sign_in(ANN).session)
    changed = accounts.change_password(
        sign_in(ANN).session, PASSWORD, "seven violet tractors", address="192.0.2.1"
    )
    accounts.sign_out_everywhere(changed.session)

    assert [event.action for event in acme.audit(limit=5).events] == [
        AuditAction.SIGNED_OUT_EVERYWHERE,
        AuditAction.PASSWORD_CHANGED,
        AuditAction.SIGNED_IN,
        AuditAction.SIGNED_OUT,
        AuditAction.SIGNED_IN,
    ]


def test_no_password_token_or_hash_is_ever_on_record(acme, sign_in):
    session = sign_in(ANN).session
    one_time = acme.reset_password(acme.user_with_email(CAT).id)
    token = acme.create_token("sheet", Role.VIEWER).text

    recorded = acme.audit(limit=200).model_dump_json()

    assert not any(
        secret in recorded
        for secret in (PASSWORD, session, one_time, token, token[37:], "argon2", "192.0.2.1")
    )


def test_the_trail_is_read_page_by_page_newest_first(acme, clock):
    clock.tick = dt.timedelta()
    for number in range(5):
        clock.move(seconds=1)
        acme.create_token(f"token {number}", Role.VIEWER)
        acme.create_token(f"token {number} too", Role.VIEWER)  # at the same instant

    pages, before = [], None
    while not pages or before is not None:
        page = acme.audit(limit=3, before=before)
        pages.append(page.events)
        before = page.next

    events = [event for page in pages for event in page]
    assert [len(page) for page in pages] == [3, 3, 3, 3]
    assert len({event.id for event in events}) == 12
    assert events == sorted(events, key=lambda event: event.at, reverse=True)
    assert events == list(acme.audit(limit=200).events)


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_a_page_has_a_size_that_can_be_read(acme, limit):
    with pytest.raises(ParameterError, match=f"from 1 to 200, got {limit}"):
        acme.audit(limit=limit)


def test_what_a_removed_user_did_stays_on_record(accounts, acme, sign_in):
    acme.set_role(acme.user_with_email(CAT).id, Role.ADMIN)
    cat = accounts.choose_tenant(sign_in(CAT).session, "acme").member
    accounts.administer(cat).create_token("cat's", Role.VIEWER)

    acme.remove_user(cat.user_id)

    assert Actor(name=CAT, user_id=cat.user_id) in [event.actor for event in acme.audit().events]


def test_a_change_that_was_made_elsewhere_is_recorded_for_the_member(accounts, acme, bolt, sign_in):
    member = sign_in(ANN).member
    before = bolt.audit()

    accounts.record(member, "tenant_changed", "Acme", {"currency": "USD"})

    newest = acme.audit().events[0]
    assert (newest.actor, newest.action) == (member.actor, "tenant_changed")
    assert (newest.subject, newest.details) == ("Acme", {"currency": "USD"})
    assert bolt.audit() == before
