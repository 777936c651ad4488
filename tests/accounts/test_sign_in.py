"""Signing in by password: who gets in, what is told to who does not, and how often it may fail."""

import contextlib
import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from accounts.examples import ADDRESS, ANN, BOB, CAT, OTHER_PASSWORD, PASSWORD
from apportion.errors import NotSignedInError, TooManyAttemptsError
from apportion.results.accounts import Role, Via
from apportion.store.accounts_schema import sign_in_attempts, users
from apportion.store.engine import create_engine
from apportion.workspace.accounts import Accounts
from apportion.workspace.accounts.passwords import Passwords

WRONG = "The e-mail address or the password is not right."


def test_the_right_password_signs_a_member_in(sign_in, accounts):
    signed_in = sign_in(ANN)

    member = accounts.resume(signed_in.session)
    assert member == signed_in.member
    assert (member.email, member.name, member.tenant.slug) == (ANN, "Ann", "acme")
    assert (member.role, member.via) == (Role.ADMIN, Via.PASSWORD)


def test_an_address_is_the_same_in_capitals_and_between_spaces(sign_in):
    assert sign_in(" Ann@ACME.example ").member.email == ANN


def test_a_password_is_the_same_however_its_accents_are_composed(accounts, acme):
    acme.add_user("zoe@acme.example", Role.VIEWER, password="café noir et tartines")

    decomposed = "cafe\u0301 noir et tartines"
    assert accounts.sign_in("zoe@acme.example", decomposed, address=ADDRESS).member is not None


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (ANN, OTHER_PASSWORD),
        (ANN, ""),
        (ANN, PASSWORD + "\0"),
        (ANN, PASSWORD * 1000),
        ("nobody@acme.example", PASSWORD),
        ("", PASSWORD),
        ("%@acme.example", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
        ("\0\udcff", "\udcff"),
    ],
    ids=["wrong", "empty", "NUL", "long", "nobody", "no address", "pattern", "SQL", "not text"],
)
def test_everybody_else_hears_the_same(sign_in, email, password):
    with pytest.raises(NotSignedInError) as refused:
        sign_in(email, password)

    assert str(refused.value) == WRONG


@pytest.mark.parametrize("email", [ANN, CAT, "nobody@acme.example"])
@pytest.mark.parametrize("password", [PASSWORD, OTHER_PASSWORD], ids=["right", "wrong"])
def test_the_work_is_the_same_for_nobody_for_one_account_and_for_two(
    sign_in, hasher, email, password
):
    hasher.compared = 0

    with contextlib.suppress(NotSignedInError):
        sign_in(email, password)

    assert hasher.compared == 2


def test_an_account_without_a_password_cannot_be_signed_in_to(accounts, acme):
    acme.add_user("zoe@acme.example", Role.VIEWER, has_password=False)

    for password in ("", "None", PASSWORD):
        with pytest.raises(NotSignedInError, match=WRONG):
            accounts.sign_in("zoe@acme.example", password, address=ADDRESS)


def test_a_disabled_user_hears_the_same_and_gets_in_when_enabled_again(sign_in, bolt):
    bob = bolt.user_with_email(BOB)
    bolt.set_role(bolt.user_with_email(CAT).id, Role.ADMIN)
    bolt.disable_user(bob.id)

    with pytest.raises(NotSignedInError) as refused:
        sign_in(BOB)
    assert str(refused.value) == WRONG

    bolt.enable_user(bob.id)
    assert sign_in(BOB).member.user_id == bob.id


def test_a_hash_of_another_cost_is_replaced_at_sign_in(sign_in, settings, clock, urls):
    before = _hash(urls, ANN)
    dearer = Accounts(
        settings,
        clock=clock,
        passwords=Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)),
    )

    dearer.sign_in(ANN, PASSWORD, address=ADDRESS)

    assert "m=8,t=1" in before
    assert "m=16,t=2" in _hash(urls, ANN)
    assert dearer.sign_in(ANN, PASSWORD, address=ADDRESS).member is not None
    dearer.close()


def test_a_one_time_password_is_good_for_a_week(accounts, acme, clock):
    added = acme.add_user("zoe@acme.example", Role.VIEWER)
    clock.move(days=7, seconds=-1)
    accounts.sign_in("zoe@acme.example", added.one_time_password, address=ADDRESS)

    clock.move(seconds=1)
    with pytest.raises(NotSignedInError, match="good for 7 days"):
        accounts.sign_in("zoe@acme.example", added.one_time_password, address=ADDRESS)


def test_five_failures_are_free_and_each_further_one_doubles_the_wait(sign_in, clock):
    waits = []
    for _ in range(20):
        with pytest.raises((NotSignedInError, TooManyAttemptsError)) as refused:
            sign_in(ANN, OTHER_PASSWORD)
        if isinstance(refused.value, TooManyAttemptsError):
            waits.append(refused.value.retry_after_seconds)
            clock.move(seconds=waits[-1])

    assert waits[:4] == [1, 2, 4, 8]
    assert max(waits) <= dt.timedelta(minutes=15).total_seconds()


def test_who_is_throttled_is_refused_with_the_right_password_too(sign_in, clock):
    _fail(sign_in, ANN, 5)

    with pytest.raises(TooManyAttemptsError, match="Wait 1 seconds"):
        sign_in(ANN)

    clock.move(seconds=1)
    assert sign_in(ANN).member is not None


def test_a_throttled_stranger_hears_the_same_as_a_throttled_member(sign_in):
    told = []
    for email in (ANN, "nobody@acme.example"):
        _fail(sign_in, email, 5)
        with pytest.raises(TooManyAttemptsError) as refused:
            sign_in(email)
        told.append(str(refused.value))

    assert told[0] == told[1]


def test_a_throttled_account_does_not_throttle_another(sign_in):
    _fail(sign_in, ANN, 5)

    assert sign_in(BOB).member is not None


def test_success_forgets_the_failures_of_the_account(sign_in):
    for _ in range(3):
        _fail(sign_in, ANN, 4)
        sign_in(ANN)


def test_failures_are_forgotten_after_a_day(sign_in, clock):
    _fail(sign_in, ANN, 4)
    clock.move(days=1, seconds=1)

    _fail(sign_in, ANN, 4)
    assert sign_in(ANN).member is not None


def test_an_address_that_tries_many_accounts_is_throttled(sign_in, accounts):
    for number in range(50):
        _fail(sign_in, f"nobody{number}@acme.example", 1)

    with pytest.raises(TooManyAttemptsError):
        sign_in(ANN)
    elsewhere = accounts.sign_in(ANN, PASSWORD, address="198.51.100.7")
    assert elsewhere.member is not None


def test_signing_in_to_an_own_account_does_not_wipe_out_what_an_address_did(sign_in, clock):
    for number in range(49):
        _fail(sign_in, f"nobody{number}@acme.example", 1)
    sign_in(ANN)
    _fail(sign_in, "nobody@acme.example", 1)

    with pytest.raises(TooManyAttemptsError):
        sign_in(ANN)


def test_attempts_at_the_same_time_are_no_way_around_the_limit(accounts, acme, hasher):
    hasher.compared = 0

    def attempt(_: int) -> type[Exception]:
        try:
            accounts.sign_in(ANN, OTHER_PASSWORD, address=ADDRESS)
        except (NotSignedInError, TooManyAttemptsError) as error:
            return type(error)
        return AssertionError

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(attempt, range(24)))

    assert told.count(NotSignedInError) == 5
    assert told.count(TooManyAttemptsError) == 19
    assert hasher.compared == 10


def test_attempts_are_counted_without_personal_data(sign_in, urls):
    _fail(sign_in, ANN, 1)
    engine = create_engine(urls.administrator)
    with engine.connect() as connection:
        rows = connection.execute(select(sign_in_attempts)).all()
    engine.dispose()

    assert len(rows) == 2
    assert not any(word in str(rows) for word in (ANN, "acme", ADDRESS))


def test_attempts_are_counted_under_another_key_in_another_installation(sign_in, settings, clock):
    _fail(sign_in, ANN, 5)
    other = settings.model_copy(update={"home": settings.home / "other"})
    elsewhere = Accounts(other, clock=clock)

    with pytest.raises(NotSignedInError):
        elsewhere.sign_in(ANN, OTHER_PASSWORD, address=ADDRESS)
    elsewhere.close()


def _fail(sign_in, email: str, times: int) -> None:
    for _ in range(times):
        with pytest.raises(NotSignedInError):
            sign_in(email, OTHER_PASSWORD)


def _hash(urls, email: str) -> str:
    engine = create_engine(urls.administrator)
    with engine.connect() as connection:
        found = connection.execute(select(users.c.password_hash).where(users.c.email == email))
        hash = found.scalar_one()
    engine.dispose()
    return hash
