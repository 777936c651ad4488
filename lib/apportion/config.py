"""Settings, read once from the environment (``APPORTION_*``) or from ``.env``.

Nothing else in the package reads the environment. A child process (a kernel, a run) gets the
settings it needs by :meth:`Settings.environment`, with every path absolute, because its working
directory is another one.
"""

from functools import cache
from pathlib import Path

from platformdirs import user_data_path
from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = PACKAGE.parents[1]
"""Where the notebooks are: the checkout this package is installed from."""

SQLITE = "sqlite:///"
FILE = "apportion.db"


def _default_home() -> Path:
    if (CHECKOUT / "notebooks").is_dir():
        return CHECKOUT / "var"
    return user_data_path("apportion", appauthor=False)


def _absolute(url: str) -> str:
    """Give an SQLite URL that means the same file from every working directory."""
    if not url.startswith(SQLITE):
        return url
    return f"{SQLITE}{Path(url.removeprefix(SQLITE)).expanduser().absolute()}"


class Settings(BaseSettings):
    """What an installation may set; see README for the meaning of each."""

    model_config = SettingsConfigDict(
        env_prefix="APPORTION_", env_file=CHECKOUT / ".env", extra="ignore", frozen=True
    )

    home: Path = Field(default_factory=_default_home)
    """Databases, executed notebooks and everything else that is written."""

    database_url: str = ""
    """SQLAlchemy URL of the database; empty: an SQLite file in `home`."""

    migration_url: str = ""
    """URL of the role that owns the tables (PostgreSQL only); empty: `database_url`."""

    notebooks: Path = CHECKOUT / "notebooks"
    """The folder of the four notebooks."""

    tenant: str | None = None
    """The tenant that this process serves: set for a kernel or a run, never by a browser."""

    run_id: str | None = None
    """The background run that this process executes, if it does."""

    secret_key: SecretStr | None = None
    claude_api_key: SecretStr | None = None
    claude_base_url: str | None = None
    claude_model: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, values: dict[str, object]) -> dict[str, object]:
        home = Path(str(values.get("home") or _default_home())).expanduser().absolute()
        database_url = _absolute(str(values.get("database_url") or f"{SQLITE}{home / FILE}"))
        return {
            **values,
            "home": home,
            "database_url": database_url,
            "migration_url": _absolute(str(values.get("migration_url") or database_url)),
        }

    def environment(self, *, tenant: str, run_id: str | None = None) -> dict[str, str]:
        """Give the variables that a child process of this installation needs, for one tenant."""
        values = {
            "APPORTION_HOME": str(self.home),
            "APPORTION_DATABASE_URL": self.database_url,
            "APPORTION_NOTEBOOKS": str(self.notebooks),
            "APPORTION_TENANT": tenant,
        }
        if run_id is not None:
            values["APPORTION_RUN_ID"] = run_id
        return values


@cache
def get_settings() -> Settings:
    """Give the settings of this process, read at the first call."""
    return Settings()
