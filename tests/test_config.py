"""Settings: defaults, absolute paths, and what a child process is given."""

from pathlib import Path

from apportion.config import Settings


def test_database_is_a_file_in_home_by_default(tmp_path, monkeypatch):
    monkeypatch.setenv("APPORTION_HOME", str(tmp_path))
    monkeypatch.delenv("APPORTION_DATABASE_URL", raising=False)

    assert Settings(_env_file=None).database_url == f"sqlite:///{tmp_path / 'apportion.db'}"


def test_relative_sqlite_address_means_one_file_from_everywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    settings = Settings(_env_file=None, home=tmp_path, database_url="sqlite:///here.db")

    assert settings.database_url == f"sqlite:///{tmp_path / 'here.db'}"


def test_migrations_use_the_same_database_unless_told_otherwise(tmp_path):
    url = "postgresql+psycopg://serving@db/apportion"

    assert Settings(_env_file=None, home=tmp_path, database_url=url).migration_url == url


def test_child_process_gets_its_tenant_and_run_and_no_secret(tmp_path):
    settings = Settings(_env_file=None, home=tmp_path, secret_key="s3cret", claude_api_key="k3y")

    environment = settings.environment(tenant="acme", run_id="r1")

    assert environment["APPORTION_TENANT"] == "acme"
    assert environment["APPORTION_RUN_ID"] == "r1"
    assert "s3cret" not in "".join(environment.values())
    assert "k3y" not in "".join(environment.values())


def test_claude_is_configured_by_our_own_variables_only(tmp_path, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "of-somebody-else")

    assert Settings(_env_file=None, home=tmp_path).claude_api_key is None


def test_notebooks_are_found_in_the_checkout(tmp_path):
    assert (
        Settings(_env_file=None, home=tmp_path).notebooks == Path(__file__).parents[1] / "notebooks"
    )
