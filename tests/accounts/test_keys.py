"""The installation's secret: given, or made once and kept."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from apportion.config import Settings
from apportion.errors import ConfigurationError
from apportion.workspace.accounts.keys import FILE, derive_key


def _settings(home, **more) -> Settings:
    return Settings(_env_file=None, home=home, **more)


def test_a_key_differs_by_purpose_and_installation_and_stays_the_same(tmp_path):
    here, there = _settings(tmp_path / "a"), _settings(tmp_path / "b")

    assert derive_key(here, "one") == derive_key(here, "one")
    assert len({derive_key(here, "one"), derive_key(here, "two"), derive_key(there, "one")}) == 3


def test_a_key_that_is_given_needs_no_file(tmp_path):
    first, second = (_settings(tmp_path / name, secret_key="k" * 32) for name in "ab")

    assert derive_key(first, "one") == derive_key(second, "one")
    assert not (tmp_path / "a").exists()


def test_a_key_that_is_made_can_be_read_by_its_owner_only(tmp_path):
    derive_key(_settings(tmp_path), "one")

    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_processes_that_start_together_have_one_key(tmp_path):
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: derive_key(_settings(tmp_path), "one"), range(64)))

    assert len(keys) == 1


@pytest.mark.parametrize("secret", ["", "short", "k" * 31])
def test_a_key_that_can_be_guessed_is_refused(tmp_path, secret):
    with pytest.raises(ConfigurationError, match=f"has {len(secret)} characters"):
        derive_key(_settings(tmp_path, secret_key=secret), "one")


def test_a_file_that_is_no_key_is_refused(tmp_path):
    (tmp_path / FILE).write_bytes(b"\xff" * 40)

    with pytest.raises(ConfigurationError, match="cannot be read"):
        derive_key(_settings(tmp_path), "one")
