"""A session is a random text: looked up, changed, ended, and never taken from the browser."""

import pytest
from sqlalchemy import select

from accounts.examples import ADDRESS, ANN, BOB, CAT, OTHER_PASSWORD, PASSWORD
from apportion.errors import NotFoundError, NotSignedInError, ParameterError
from apportion.results.accounts import Role, Via
from apportion.store.accounts_schema import sessions
from apportion.store.engine import create_engine
from apportion.workspace.accounts import Accounts


def test_only_the_hash_of_a_session_is_stored(sign_in, urls):
    session = sign_in(ANN, user_agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0").session

    (row,) = _rows(urls)

    assert session not in str(row)
    assert row.browser == "Firefox on Linux"


@pytest.mark.parametrize("text", ["", "x", "a" * 10_000, ANN, "acme", "\0", "\udcff", "%"])
def test_a_text_that_was_not_made_here_is_no_session(sign_in, accounts, text):
    sign_in(ANN)

    assert accounts.resume(text) is None
    assert accounts.choices(text) == ()


def test_the_session_is_a_new_one_at_every_sign_in(sign_in):
    assert sign_in(ANN).session != sign_in(ANN).session


def test_a_session_that_was_planted_in_the_browser_is_never_signed_in(sign_in, accounts):
    planted = "a" * 43

    signed_in = sign_in(ANN, previous=planted)

    assert signed_in.session != planted
    assert accounts.resume(planted) is None


def test_a_session_of_somebody_else_in_the_browser_ends_at_sign_in(sign_in, accounts):
    planted = sign_in(BOB).session

    signed_in = sign_in(ANN, previous=planted)

    assert accounts.resume(planted) is None
    assert accounts.resume(signed_in.session).email == ANN


def test_a_session_that_is_used_lasts_until_its_last_day(sign_in, accounts, clock):
    session = sign_in(ANN).session

    for _ in range(14 * 24 // 8 - 1):
        clock.move(hours=8)
        assert accounts.resume(session) is not None
    clock.move(hours=8)
    assert accounts.resume(session) is None


def test_a_session_that_is_not_used_ends_after_half_a_day(sign_in, accounts, clock):
    session = sign_in(ANN).session
    clock.move(hours=12, seconds=-1)
    assert accounts.resume(session) is not None

    clock.move(hours=12)
    assert accounts.resume(session) is None
    assert accounts.choices(session) == ()


def test_how_long_sessions_last_is_a_setting(settings, sign_in, clock):
    short = settings.model_copy(update={"session_idle_hours": 1, "session_days": 0.1})
    accounts = Accounts(short, clock=clock)
    session = accounts.sign_in_verified(ANN).session

    clock.move(minutes=59)
    assert accounts.resume(session) is not None
    clock.move(minutes=59)
    assert accounts.resume(session) is not None
    clock.move(minutes=59)
    assert accounts.resume(session) is None
    accounts.close()


def test_use_is_written_down_at_most_once_a_minute(sign_in, accounts, clock, urls):
    session = sign_in(ANN).session

    for seconds, seen in ((59, 0), (1, 60), (59, 60), (1, 120)):
        clock.move(seconds=seconds)
        accounts.resume(session)
        (row,) = _rows(urls)
        assert round((row.seen_at - row.created_at).total_seconds(), 3) == seen


def test_signing_out_ends_every_copy_of_the_session_and_no_other(sign_in, accounts):
    session, other = sign_in(ANN).session, sign_in(ANN).session

    accounts.sign_out(session)
    accounts.sign_out(session)

    assert accounts.resume(session) is None
    assert accounts.resume(other) is not None


def test_signing_out_everywhere_ends_every_session_of_the_person_only(sign_in, accounts):
    ann, ann_too, bob = (sign_in(email).session for email in (ANN, ANN, BOB))

    accounts.sign_out_everywhere(ann_too)

    assert accounts.resume(ann) is None
    assert accounts.resume(ann_too) is None
    assert accounts.resume(bob) is not None
    with pytest.raises(NotSignedInError):
        accounts.sign_out_everywhere(ann)


def test_sessions_that_have_expired_are_forgotten_at_the_next_sign_in(sign_in, clock, urls):
    sign_in(ANN)
    clock.move(days=15)
    sign_in(ANN)

    assert len(_rows(urls)) == 1


# Somebody with two companies


def test_who_has_accounts_with_two_companies_chooses_one(sign_in, accounts):
    signed_in = sign_in(CAT)
    assert signed_in.member is None
    assert accounts.resume(signed_in.session) is None
    assert {tenant.slug for tenant in signed_in.choices} == {"acme", "bolt"}

    chosen = accounts.choose_tenant(signed_in.session, "bolt")

    assert (chosen.member.tenant.slug, chosen.member.role) == ("bolt", Role.VIEWER)
    assert accounts.resume(chosen.session) == chosen.member
    assert accounts.resume(signed_in.session) is None


def test_who_has_chosen_can_change_to_the_other_company(sign_in, accounts):
    first = accounts.choose_tenant(sign_in(CAT).session, "bolt")
    second = accounts.choose_tenant(first.session, "acme")

    assert (second.member.tenant.slug, second.member.role) == ("acme", Role.ANALYST)
    assert len({first.session, second.session}) == 2
    assert accounts.choices(first.session) == ()


def test_another_company_is_like_one_that_does_not_exist(sign_in, accounts):
    session = sign_in(ANN).session

    told = []
    for slug in ("bolt", "none"):
        with pytest.raises(NotFoundError) as refused:
            accounts.choose_tenant(session, slug)
        told.append(str(refused.value).replace(slug, "it"))

    assert told[0] == told[1]
    assert accounts.resume(session).tenant.slug == "acme"


def test_a_password_opens_the_companies_where_it_is_the_password_and_no_others(
    accounts, acme, bolt, sign_in
):
    cat = acme.user_with_email(CAT)
    one_time = acme.reset_password(cat.id)

    with_bolt, with_acme = sign_in(CAT), sign_in(CAT, one_time)

    assert [tenant.slug for tenant in with_bolt.choices] == ["bolt"]
    assert with_bolt.member.tenant.slug == "bolt"
    assert [tenant.slug for tenant in with_acme.choices] == ["acme"]
    assert with_acme.member.must_change_password


def test_an_administrator_who_adds_somebody_elses_address_gets_nothing_of_theirs(
    accounts, acme, bolt, sign_in
):
    added = bolt.add_user(ANN, Role.ADMIN)

    mine = sign_in(ANN, added.one_time_password)

    assert [tenant.slug for tenant in mine.choices] == ["bolt"]
    with pytest.raises(NotFoundError):
        accounts.choose_tenant(mine.session, "acme")
    theirs = sign_in(ANN)
    assert [tenant.slug for tenant in theirs.choices] == ["acme"]


# What ends sessions at once


def _remove(administration, user):
    administration.remove_user(user.id)


def _disable(administration, user):
    administration.disable_user(user.id)


def _reset(administration, user):
    administration.reset_password(user.id)


def _promote(administration, user):
    administration.set_role(user.id, Role.ADMIN)


@pytest.mark.parametrize("change", [_remove, _disable, _reset, _promote])
def test_a_change_by_the_administrator_ends_the_sessions_with_that_company_only(
    accounts, acme, bolt, sign_in, change
):
    acting_for_acme = accounts.choose_tenant(sign_in(CAT).session, "acme").session
    acting_for_bolt = accounts.choose_tenant(sign_in(CAT).session, "bolt").session
    ann = sign_in(ANN).session

    change(acme, acme.user_with_email(CAT))

    assert accounts.resume(acting_for_acme) is None
    assert [tenant.slug for tenant in accounts.choices(acting_for_acme)] == ["bolt"]
    assert accounts.resume(acting_for_bolt).tenant.slug == "bolt"
    assert [tenant.slug for tenant in accounts.choices(acting_for_bolt)] == ["bolt"]
    assert accounts.resume(ann) is not None


def test_sessions_end_with_their_tenant(accounts, sign_in, store):
    session = accounts.choose_tenant(sign_in(CAT).session, "acme").session

    store.delete_tenant("acme")

    assert accounts.resume(session) is None
    assert [tenant.slug for tenant in accounts.choices(session)] == ["bolt"]


# Choosing another password


def test_a_new_password_ends_the_other_sessions_and_renews_this_one(sign_in, accounts):
    here, there = sign_in(ANN).session, sign_in(ANN).session

    changed = _change(accounts, here)

    assert accounts.resume(changed.session).email == ANN
    assert accounts.resume(here) is None
    assert accounts.resume(there) is None
    assert sign_in(ANN, OTHER_PASSWORD).member is not None
    with pytest.raises(NotSignedInError):
        sign_in(ANN, PASSWORD)


def test_who_has_one_password_for_two_companies_keeps_one(sign_in, accounts):
    session = accounts.choose_tenant(sign_in(CAT).session, "bolt").session

    changed = _change(accounts, session)

    assert changed.member.tenant.slug == "bolt"
    assert len(changed.choices) == 2
    assert len(sign_in(CAT, OTHER_PASSWORD).choices) == 2


def test_a_new_password_leaves_a_company_alone_where_the_old_one_was_another(
    sign_in, accounts, acme, bolt
):
    one_time = acme.reset_password(acme.user_with_email(CAT).id)

    _change(accounts, sign_in(CAT, one_time).session, one_time)

    assert [tenant.slug for tenant in sign_in(CAT, OTHER_PASSWORD).choices] == ["acme"]
    assert [tenant.slug for tenant in sign_in(CAT).choices] == ["bolt"]


def test_a_one_time_password_opens_nothing_until_another_is_chosen(sign_in, accounts, acme):
    one_time = acme.reset_password(acme.user_with_email(ANN).id)
    signed_in = sign_in(ANN, one_time)
    assert signed_in.member.must_change_password

    changed = _change(accounts, signed_in.session, one_time)

    assert not changed.member.must_change_password
    changed.member.require(Role.ADMIN)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (OTHER_PASSWORD, "purple kettle in autumn", "current password is not right"),
        (PASSWORD, PASSWORD, "is the old one"),
        (PASSWORD, "short", "12 to 256 characters; found 5"),
        (PASSWORD, "password1234", "not safe"),
        (PASSWORD, "ann@acme.example", "not safe"),
    ],
    ids=["old one wrong", "the same", "short", "common", "the address"],
)
def test_a_password_that_cannot_be_taken_changes_nothing(sign_in, accounts, old, new, message):
    session = sign_in(ANN).session

    with pytest.raises(ParameterError, match=message):
        accounts.change_password(session, old, new, address=ADDRESS)

    assert accounts.resume(session) is not None
    assert sign_in(ANN).member is not None


def test_the_old_password_cannot_be_guessed_in_somebodys_session(sign_in, accounts):
    session = sign_in(ANN).session
    for _ in range(5):
        with pytest.raises(ParameterError):
            accounts.change_password(session, "wrong", OTHER_PASSWORD, address=ADDRESS)

    with pytest.raises(Exception, match="Too many attempts"):
        accounts.change_password(session, PASSWORD, OTHER_PASSWORD, address=ADDRESS)


def test_without_a_session_or_a_company_no_password_is_changed(sign_in, accounts):
    for session in ("none", sign_in(CAT).session):
        with pytest.raises(NotSignedInError):
            _change(accounts, session)


# Verified elsewhere


def test_who_is_verified_elsewhere_is_signed_in_without_a_password(accounts, acme):
    acme.add_user("zoe@acme.example", Role.VIEWER, has_password=False)

    member = accounts.sign_in_verified("Zoe@acme.example").member

    assert (member.email, member.via) == ("zoe@acme.example", Via.OIDC)
    with pytest.raises(ParameterError, match="no password here"):
        _change(accounts, accounts.sign_in_verified("zoe@acme.example").session)


def test_who_is_verified_elsewhere_need_not_change_a_one_time_password(accounts, acme):
    acme.add_user("zoe@acme.example", Role.VIEWER)

    assert not accounts.sign_in_verified("zoe@acme.example").member.must_change_password


def test_who_is_verified_elsewhere_and_has_no_account_is_told_so(accounts, acme):
    with pytest.raises(NotSignedInError, match="no account for you"):
        accounts.sign_in_verified("nobody@acme.example")


def _change(accounts, session: str, old: str = PASSWORD):
    return accounts.change_password(session, old, OTHER_PASSWORD, address=ADDRESS)


def _rows(urls) -> list:
    engine = create_engine(urls.administrator)
    with engine.connect() as connection:
        rows = connection.execute(select(sessions)).all()
    engine.dispose()
    return rows
