"""An API token stands for its tenant and role until it is revoked, expires or loses its maker."""

import secrets

import pytest
from sqlalchemy import select

from accounts.examples import ANN, BOB, CAT
from apportion.errors import ForbiddenError, ParameterError
from apportion.results.accounts import Role, Via
from apportion.store.accounts_schema import api_tokens
from apportion.store.engine import create_engine


@pytest.fixture
def ann(accounts, sign_in):
    """Acme's accounts, opened by Ann."""
    return accounts.administer(sign_in(ANN).member)


@pytest.fixture
def bob(accounts, sign_in):
    """Bolt's accounts, opened by Bob."""
    return accounts.administer(sign_in(BOB).member)


def test_a_token_stands_for_its_tenant_and_role(accounts, ann, bob):
    for administration, slug in ((ann, "acme"), (bob, "bolt")):
        created = administration.create_token("sheet", Role.ANALYST)

        member = accounts.member_of_token(created.text)

        assert (member.tenant.slug, member.role, member.via) == (slug, Role.ANALYST, Via.TOKEN)
        assert (member.name, member.credential_id) == ("sheet", created.token.id)
        assert not member.needs_xsrf_token
        assert created.text.startswith(f"apt_{member.tenant.id.hex}_")


def test_only_the_hash_of_a_token_is_stored(ann, urls):
    text = ann.create_token("sheet", Role.VIEWER).text
    engine = create_engine(urls.administrator)
    with engine.connect() as connection:
        (row,) = connection.execute(select(api_tokens)).all()
    engine.dispose()

    assert text not in str(row)
    assert text.rpartition("_")[2] not in str(row)


def test_each_sees_the_own_tokens(ann, bob, clock):
    first = ann.create_token("first", Role.VIEWER).token
    clock.move(seconds=1)
    second = ann.create_token("second", Role.VIEWER, expires_days=30).token
    bob.create_token("theirs", Role.VIEWER)

    assert ann.tokens() == [second, first]
    assert (second.expires_at - second.created_at).days == 30


def test_a_token_under_another_tenants_id_is_none(accounts, ann, bob):
    text = ann.create_token("sheet", Role.ADMIN).text

    moved = text.replace(ann.tenant.id.hex, bob.tenant.id.hex)

    assert moved != text
    assert accounts.member_of_token(moved) is None


@pytest.mark.parametrize(
    "forge",
    [
        lambda text: "",
        lambda text: "apt_",
        lambda text: text[:-1],
        lambda text: text + "a",
        lambda text: text + "\n",
        lambda text: text.upper(),
        lambda text: text[:37] + secrets.token_urlsafe(32),
        lambda text: f"apt_{secrets.token_hex(16)}_{text[37:]}",
        lambda text: "\0" + text[1:],
        lambda text: "\udcff" * 80,
    ],
)
def test_a_text_that_was_not_made_here_is_no_token(accounts, ann, forge):
    text = ann.create_token("sheet", Role.ADMIN).text

    assert accounts.member_of_token(forge(text)) is None


def test_a_revoked_token_is_refused(accounts, ann):
    created = ann.create_token("sheet", Role.VIEWER)

    revoked = ann.revoke_token(created.token.id)

    assert revoked.revoked_at is not None
    assert accounts.member_of_token(created.text) is None
    assert ann.tokens() == [revoked]


def test_a_token_is_refused_from_the_instant_it_expires(accounts, ann, clock):
    text = ann.create_token("sheet", Role.VIEWER, expires_days=1).text

    clock.move(days=1, seconds=-1)
    assert accounts.member_of_token(text) is not None
    clock.move(seconds=1)
    assert accounts.member_of_token(text) is None


def test_the_token_of_a_removed_user_is_refused(accounts, acme, ann):
    text = ann.create_token("sheet", Role.ADMIN).text
    acme.set_role(acme.user_with_email(CAT).id, Role.ADMIN)

    acme.remove_user(acme.user_with_email(ANN).id)

    assert accounts.member_of_token(text) is None
    assert acme.tokens() == []


def test_the_token_of_a_disabled_user_is_refused_for_good(accounts, acme, ann):
    text = ann.create_token("sheet", Role.ADMIN).text
    acme.set_role(acme.user_with_email(CAT).id, Role.ADMIN)
    user = acme.user_with_email(ANN)

    acme.disable_user(user.id)
    assert accounts.member_of_token(text) is None
    acme.enable_user(user.id)
    assert accounts.member_of_token(text) is None


def test_a_token_never_may_do_more_than_its_maker(accounts, acme, ann):
    text = ann.create_token("sheet", Role.ADMIN).text
    acme.set_role(acme.user_with_email(CAT).id, Role.ADMIN)

    acme.set_role(acme.user_with_email(ANN).id, Role.VIEWER)

    assert accounts.member_of_token(text).role is Role.VIEWER


def test_a_token_of_the_command_line_is_nobodys(accounts, acme):
    created = acme.create_token("sheet", Role.ANALYST)

    member = accounts.member_of_token(created.text)

    assert (member.user_id, member.email, member.role) == (None, "", Role.ANALYST)
    assert member.actor.name == "token sheet"
    with pytest.raises(ForbiddenError):
        accounts.administer(member)


def test_an_administrators_token_administers_and_is_on_record(accounts, ann):
    member = accounts.member_of_token(ann.create_token("provisioning", Role.ADMIN).text)

    accounts.administer(member).add_user("zoe@acme.example", Role.VIEWER)

    assert ann.audit().events[0].actor == member.actor


def test_use_is_written_down_at_most_once_a_minute(accounts, ann, clock):
    created = ann.create_token("sheet", Role.VIEWER)
    assert created.token.last_used_at is None

    seen = []
    for seconds in (0, 59, 1):
        clock.move(seconds=seconds)
        accounts.member_of_token(created.text)
        seen.append(ann.tokens()[0].last_used_at)

    assert seen[0] == seen[1]
    assert round((seen[2] - seen[0]).total_seconds(), 3) == 60


@pytest.mark.parametrize("name", ["", "  ", "n" * 201, "two\nlines"])
def test_a_name_that_cannot_be_used_is_refused(ann, name):
    with pytest.raises(ParameterError, match="A token's name"):
        ann.create_token(name, Role.VIEWER)


@pytest.mark.parametrize("days", [0, -1, 10**9])
def test_a_time_that_cannot_be_used_is_refused(ann, days):
    with pytest.raises(ParameterError, match=f"from 1 to 3650 days; found {days}"):
        ann.create_token("sheet", Role.VIEWER, expires_days=days)


def test_tokens_are_gone_with_their_tenant(accounts, ann, store):
    text = ann.create_token("sheet", Role.VIEWER).text

    store.delete_tenant("acme")

    assert accounts.member_of_token(text) is None


# Which credential counts


def test_a_token_that_is_sent_counts_alone(accounts, ann, sign_in):
    session = sign_in(BOB).session
    text = ann.create_token("sheet", Role.VIEWER).text

    both = accounts.identify(session=session, authorization=f"Bearer {text}")

    assert both.tenant.slug == "acme"
    for authorization in ("Bearer wrong", "Bearer", "Basic YTpi", "", text):
        assert accounts.identify(session=session, authorization=authorization) is None


def test_without_a_token_the_session_counts(accounts, sign_in):
    session = sign_in(BOB).session

    assert accounts.identify(session=session, tenant="acme").tenant.slug == "bolt"
    assert accounts.identify(session=session, assertion="e30.e30.").tenant.slug == "bolt"
    assert accounts.identify() is None
