"""Settings, read once from the environment (``APPORTION_*``) or from ``.env``.

Nothing else in the package reads the environment. A child process (a kernel, a run) gets the
settings it needs by :meth:`Settings.environment`, with every path absolute, because its working
directory is another one.
"""

from functools import cache
from pathlib import Path
from typing import Literal

from platformdirs import user_data_path
from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = PACKAGE.parents[1]
"""Where the notebooks are: the checkout this package is installed from."""

SQLITE = "sqlite:///"
FILE = "apportion.db"
REQUESTS_PER_MINUTE = 600


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

    touchpoints: str = ""
    """Where touchpoints and conversions lie for the analysis of journeys, if not in the database:
    ``spark://HOST:PORT``, or an address that Ibis takes. A tenant's are in a database of its own,
    named ``apportion_`` and the tenant's id."""

    notebooks: Path = CHECKOUT / "notebooks"
    """The folder of the four notebooks."""

    tenant: str | None = None
    """The tenant that this process serves: set for a kernel or a run, never by a browser."""

    member_id: str | None = None
    """The member for whom this process acts, in a page's kernel; None: nobody's limits hold."""

    member_name: str | None = None
    """Their e-mail address."""

    member_role: str | None = None
    """Their role: what this process may write."""

    run_id: str | None = None
    """The background run that this process executes, if it does."""

    api_requests_per_minute: int = Field(default=REQUESTS_PER_MINUTE, ge=1)
    """How often a member may ask the API: a read counts 1, a computation 10."""

    secret_key: SecretStr | None = None
    """At least 32 characters, the same on every machine; empty: a file in `home` holds one."""

    public_url: str | None = None
    """The address that browsers use, as ``https://apportion.company.example``."""

    behind_proxy: bool = False
    """A proxy in front sets ``X-Forwarded-For`` and ``X-Forwarded-Proto`` itself: believe them."""

    hsts_days: int = Field(default=0, ge=0)
    """So long browsers refuse to come without HTTPS (Strict-Transport-Security); 0: not said."""

    kernels_per_member: int = Field(default=8, gt=0)
    """Pages that one person may have open at once; beyond, the idlest ends."""

    kernel_memory_mb: int = Field(default=4096, ge=0)
    """Address space that one page's process may take; 0: as much as there is."""

    upload_mb: int = Field(default=1024, gt=0)
    """The largest upload, all files together."""

    session_idle_hours: float = Field(default=12, gt=0)
    """How long a session lasts without being used."""

    session_days: float = Field(default=14, gt=0)
    """How long a session lasts at most."""

    proxy_issuer: str | None = None
    """``iss`` of the JWT by which a proxy in front tells who asks; set: nobody else signs in."""

    proxy_audience: str | None = None
    """``aud`` of that JWT: this installation, as the proxy knows it."""

    proxy_jwks_url: str | None = None
    """Where the proxy publishes the keys it signs with."""

    proxy_key_file: Path | None = None
    """The proxy's public key as a PEM file, where it publishes none."""

    proxy_header: str = "Cf-Access-Jwt-Assertion"
    """The header in which the proxy sends the JWT."""

    proxy_email_claim: str = "email"
    """The claim of the JWT that holds the e-mail address."""

    oidc_issuer: str | None = None
    """The company's identity provider (OpenID Connect); it needs `public_url` too."""

    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    """Empty for a client without one; PKCE is used either way."""

    oidc_trust_email: bool = False
    """Believe an address that the provider does not call verified, if it sends no such claim."""

    run_minutes: float = Field(default=30, gt=0)
    """How long a run may take; then it is ended, and has failed."""

    run_memory_mb: int = Field(default=4096, ge=0)
    """Memory that the processes of one run may take together; 0: as much as there is."""

    run_retry_seconds: float = Field(default=15, ge=0)
    """How long a run waits after a passing fault; each time four times as long."""

    schedules: Path = CHECKOUT / "scheduled" / "schedule.toml"
    """Which notebook is due when."""

    runs_url: str = ""
    """Where executed notebooks are kept: any address that fsspec knows; empty: in `home`."""

    runs_keep_days: int = Field(default=90, ge=0)
    """Executed notebooks are deleted after so many days; 0: they stay."""

    smtp_host: str | None = None
    """The mail server that sends alerts; empty: none are sent by e-mail."""

    smtp_port: int = Field(default=587, gt=0)
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_from: str | None = None
    """The sender's address."""

    alert_hosts: str = ""
    """Hosts inside of your network that alert webhooks may reach, separated by commas."""

    log_format: Literal["text", "json"] = "text"
    """How the server and the workers log: for people, or a line of JSON for each event."""

    metrics_port: int = Field(default=0, ge=0)
    """Where numbers for Prometheus are served, on loopback; 0: nowhere."""

    metrics_host: str = "127.0.0.1"

    otlp_endpoint: str | None = None
    """Where OpenTelemetry traces are sent by HTTP, as ``http://127.0.0.1:4318/v1/traces``."""

    claude_api_key: SecretStr | None = None
    """For the summaries and answers of AI insights; empty: they are written by rules."""

    claude_base_url: str | None = None
    """Another address than Anthropic's own."""

    claude_model: str = "claude-haiku-5-5"
    """Which model; ids retire, so this is a setting."""

    claude_tokens_a_month: int = Field(default=1_000_000, ge=0)
    """What each tenant may use in a month, in and out together; beyond, rules write."""

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

    def environment(
        self,
        *,
        tenant: str,
        run_id: str | None = None,
        member: tuple[str, str, str] | None = None,
        with_claude: bool = False,
    ) -> dict[str, str]:
        """Give the variables that a child process of this installation needs, for one tenant.

        `member` is the id, the name and the role of the one member for whom it acts. `with_claude`
        only where nobody but this program decides what is executed: a run, a page.
        """
        values = {
            "APPORTION_HOME": str(self.home),
            "APPORTION_DATABASE_URL": self.database_url,
            "APPORTION_NOTEBOOKS": str(self.notebooks),
            "APPORTION_TENANT": tenant,
        }
        if self.touchpoints:
            values["APPORTION_TOUCHPOINTS"] = self.touchpoints
        if run_id is not None:
            values["APPORTION_RUN_ID"] = run_id
            if self.otlp_endpoint is not None:
                values["APPORTION_OTLP_ENDPOINT"] = self.otlp_endpoint
        if member is not None:
            names = ("APPORTION_MEMBER_ID", "APPORTION_MEMBER_NAME", "APPORTION_MEMBER_ROLE")
            values |= zip(names, member, strict=True)
        if with_claude and self.claude_api_key is not None:
            values["APPORTION_CLAUDE_API_KEY"] = self.claude_api_key.get_secret_value()
            values["APPORTION_CLAUDE_MODEL"] = self.claude_model
            values["APPORTION_CLAUDE_TOKENS_A_MONTH"] = str(self.claude_tokens_a_month)
            if self.claude_base_url:
                values["APPORTION_CLAUDE_BASE_URL"] = self.claude_base_url
        return values


@cache
def get_settings() -> Settings:
    """Give the settings of this process, read at the first call."""
    return Settings()
