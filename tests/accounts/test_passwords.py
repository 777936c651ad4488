"""What a password must be, and what is made of it."""

import re

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type
from hypothesis import given
from hypothesis import strategies as st

from accounts.examples import PASSWORD, CountingHasher
from apportion.errors import ParameterError
from apportion.workspace.accounts import passwords
from apportion.workspace.accounts.passwords import Passwords


@pytest.mark.parametrize(
    "password",
    ["quartz umbrella lagoon", "k3xw-9rtm-2fhq", "wählt Ärger über Öl", "x9!Kq0z@Wm4#p" * 15],
    ids=["words", "random", "accents", "long"],
)
def test_a_good_password_is_taken(password):
    passwords.check(password)


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "passwordpassword",
        "qwertyuiop123",
        "aaaaaaaaaaaaaa",
        "123456789012",
        "iloveyou12345",
        "letmeinplease",
        "administrator1",
        "1q2w3e4r5t6y",
        "a" * 256,
    ],
)
def test_a_common_password_is_refused(password):
    with pytest.raises(ParameterError, match="not safe"):
        passwords.check(password)


@pytest.mark.parametrize(
    "password", ["ann@acme.example", "AnnKowalska1", "acmeholdings1", "apportionapportion"]
)
def test_a_password_of_what_is_known_of_the_person_is_refused(password):
    with pytest.raises(ParameterError, match="not safe"):
        passwords.check(password, about=("ann@acme.example", "Ann Kowalska", "Acme Holdings"))


@pytest.mark.parametrize("length", [0, 1, 11, 257, 100_000])
def test_a_password_of_a_wrong_length_is_refused_with_its_length(length):
    with pytest.raises(ParameterError, match=f"12 to 256 characters; found {length}"):
        passwords.check("q7x" * (length // 3) + "q7x"[: length % 3])


def test_one_time_passwords_are_safe_and_can_be_read_out():
    made = {passwords.make_one_time() for _ in range(100)}

    assert len(made) == 100
    for password in made:
        passwords.check(password)
        assert re.fullmatch(r"([a-km-np-z2-9]{4}-){3}[a-km-np-z2-9]{4}", password)


def test_hashes_are_argon2id_at_the_cost_of_rfc_9106():
    parameters = extract_parameters(Passwords().hash(PASSWORD))

    assert parameters.type is Type.ID
    assert (parameters.time_cost, parameters.memory_cost) == (3, 65536)


@given(password=st.text(), other=st.text())
def test_a_hash_fits_its_own_password_only(password, other):
    kept = Passwords(CountingHasher())
    hash = kept.hash(password)

    assert (hash in kept.matching(password, [hash])) == (len(password) <= 256)
    if kept.hash(other) != hash and _normal(other) != _normal(password):
        assert kept.matching(other, [hash]) == set()


@pytest.mark.parametrize("count", [0, 1, 2])
def test_at_least_two_hashes_are_compared(count):
    hasher = CountingHasher()
    kept = Passwords(hasher)
    hashes = [kept.hash(PASSWORD) for _ in range(count)]

    assert kept.matching(PASSWORD, [*hashes, None]) == set(hashes)
    assert hasher.compared == 2


def test_the_same_hash_is_compared_once():
    hasher = CountingHasher()
    kept = Passwords(hasher)
    hash = kept.hash(PASSWORD)

    assert kept.matching(PASSWORD, [hash] * 10) == {hash}
    assert hasher.compared == 2


@pytest.mark.parametrize("hash", ["", "plain", "$argon2id$broken", "$2b$12$abcdefghijklmnopqrstuv"])
def test_what_is_no_hash_fits_nothing(hash):
    assert Passwords(CountingHasher()).matching("plain", [hash]) == set()


def test_a_hash_of_another_cost_is_outdated():
    cheap, dear = Passwords(CountingHasher()), Passwords(PasswordHasher(2, 16, 1))

    hash = cheap.hash(PASSWORD)

    assert not cheap.is_outdated(hash)
    assert dear.is_outdated(hash)


def _normal(password: str) -> bytes:
    return passwords._bytes(passwords._normal(password))
