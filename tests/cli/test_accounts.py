"""Users and tokens on the command line; what it makes signs in."""

import os
import select
import subprocess
import sys

import pytest

from apportion.config import Settings
from apportion.errors import NotSignedInError
from apportion.results.accounts import Role
from apportion.store import Store
from apportion.store.migrations import migrate
from apportion.workspace.accounts import Accounts
from command import environment_of, run, succeed

ANN, PASSWORD = "ann@acme.example", "quartz umbrella lagoon"


@pytest.fixture
def ready(tmp_path) -> Settings:
    settings = Settings(_env_file=None, home=tmp_path / "home")
    migrate(settings)
    store = Store(settings.database_url)
    for slug in ("acme", "bolt"):
        store.add_tenant(slug, name=slug, currency="EUR", timezone="UTC")
    store.close()
    return settings


@pytest.fixture
def sign_in(ready):
    accounts = Accounts(ready)

    def sign_in(password: str):
        return accounts.sign_in(ANN, password, address="127.0.0.1").member

    yield sign_in
    accounts.close()


@pytest.mark.parametrize("command", ["user add", "token create"])
def test_every_command_explains_itself(tmp_path, command):
    settings = Settings(_env_file=None, home=tmp_path)

    assert "--tenant" in succeed(settings, *command.split(), "--help")


def test_a_user_comes_and_goes(ready, sign_in):
    added = run(ready, "user", "add", ANN, "--tenant", "acme", "--role", "analyst")
    assert added.returncode == 0
    member = sign_in(added.stdout.strip())
    assert (member.role, member.must_change_password) == (Role.ANALYST, True)

    assert ANN in succeed(ready, "user", "list", "--tenant", "acme")
    elsewhere = run(ready, "user", "delete", ANN, "--tenant", "bolt", "--yes")
    assert (elsewhere.returncode, elsewhere.stdout) == (1, "")
    assert f"There is no user {ANN}" in elsewhere.stderr

    reset = succeed(ready, "user", "reset-password", ANN.upper(), "--tenant", "acme").strip()
    assert sign_in(reset) is not None

    succeed(ready, "user", "delete", ANN, "--tenant", "acme", "--yes")
    with pytest.raises(NotSignedInError):
        sign_in(reset)


def test_a_password_comes_from_standard_input_and_is_printed_nowhere(ready, sign_in):
    done = _add(ready, f"{PASSWORD}\n")

    assert (done.returncode, done.stdout) == (0, "")
    assert PASSWORD not in done.stderr
    assert not sign_in(PASSWORD).must_change_password


@pytest.mark.parametrize("password", ["", "passwordpassword"])
def test_a_password_that_is_not_good_enough_is_refused(ready, password):
    done = _add(ready, f"{password}\n")

    assert done.returncode == 1
    assert done.stderr.startswith("Error:")
    assert ANN not in succeed(ready, "user", "list", "--tenant", "acme")


def test_at_a_terminal_the_password_is_asked_for_and_not_shown(ready, sign_in):
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, *f"-m apportion user add {ANN} --tenant acme --role admin".split()],
        env=environment_of(ready),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,  # without a terminal of its own, it asks at the one it is given
    )
    os.close(theirs)

    shown = ""
    for prompt in ("Password", "Repeat for confirmation"):
        shown += _read_until(ours, prompt)
        os.write(ours, f"{PASSWORD}\n".encode())
    shown += _read_until(ours, f"Added {ANN}")

    assert process.wait(60) == 0
    os.close(ours)
    assert PASSWORD not in shown
    assert sign_in(PASSWORD).role is Role.ADMIN


def test_a_token_is_printed_once_listed_and_revoked(ready):
    made = run(
        ready, *["token", "create", "--tenant", "acme", "--role", "viewer", "--name", "sheet"]
    )
    text, accounts = made.stdout.strip(), Accounts(ready)
    token_id = accounts.member_of_token(text).credential_id

    listed = succeed(ready, "token", "list", "--tenant", "acme")
    assert token_id in listed
    assert text not in listed

    elsewhere = run(ready, "token", "revoke", token_id, "--tenant", "bolt")
    assert f"There is no token {token_id}" in elsewhere.stderr
    assert accounts.member_of_token(text) is not None

    succeed(ready, "token", "revoke", token_id, "--tenant", "acme")
    assert accounts.member_of_token(text) is None
    accounts.close()


def _read_until(terminal: int, text: str) -> str:
    shown = ""
    while text not in shown:
        assert select.select([terminal], [], [], 60)[0], shown
        shown += os.read(terminal, 4096).decode()
    return shown


def _add(settings: Settings, typed: str) -> subprocess.CompletedProcess[str]:
    command = f"user add {ANN} --tenant acme --role viewer --password-stdin"
    return subprocess.run(
        [sys.executable, "-m", "apportion", *command.split()],
        env=environment_of(settings),
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
