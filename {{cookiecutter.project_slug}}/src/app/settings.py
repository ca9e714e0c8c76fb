"""Typed settings, read once from the environment and passed down.

Every field is an environment variable of the same name in capitals, after the prefix of its
group: ``RealtimeSettings.ping_seconds`` is ``REALTIME_PING_SECONDS``. ``NAME_FILE`` names a file
that holds the value instead, as container secrets do. Lowest first: the defaults here,
``[tool.app]`` of ``pyproject.toml``, ``.env``, ``NAME_FILE``, the environment.
``docs/settings.md`` lists them all.
"""

import os
from typing import Annotated
from typing import Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator
from pydantic import Field
from pydantic import field_validator
from pydantic_settings import SettingsConfigDict

from app.listed_names import listed
from app.listed_names import only_hosts
from app.listed_names import only_origins
from app.openid_settings import OpenIdSettings
from app.realtime_settings import RealtimeSettings as RealtimeSettings
from app.setting_sources import KIB as KIB
from app.setting_sources import MIB as MIB
from app.setting_sources import Group

# Known to everybody, for machines on which nothing is secret; production does not start with it.
DEVELOPMENT_KEY = "development-only-nothing-is-secret-under-this-key"
KEY_MIN_CHARACTERS = 32

RequiredOf = Literal["nobody", "administrators", "everybody"]


class DatabaseSettings(Group):
    """The PostgreSQL pool of one process."""

    model_config = SettingsConfigDict(env_prefix="DATABASE_")

    url: str = ""
    pool_connections: int = Field(default=10, ge=1)
    pool_wait_seconds: float = 2.0
    connect_seconds: float = 2.0
    statement_seconds: float = 5.0
    lock_seconds: float = 2.0


class RedisSettings(Group):
    """The Redis or Valkey server that carries messages between processes."""

    model_config = SettingsConfigDict(env_prefix="REDIS_")

    url: str = ""
    connect_seconds: float = 2.0
    command_seconds: float = 1.0
    key_prefix: str = "app:"
    sentinel_username: str = ""
    sentinel_password: str = ""


class WebSettings(Group):
    """The HTTP edge."""

    model_config = SettingsConfigDict(env_prefix="WEB_")

    body_max_bytes: int = 64 * KIB
    body_seconds: float = 30.0
    body_min_bytes_per_second: int = KIB
    form_max_parts: int = 100
    body_window_seconds: float = Field(default=10.0, gt=0)
    response_seconds: float = 30.0
    write_seconds: float = 60.0
    websocket_message_max_bytes: int = 64 * KIB
    websocket_buffer_messages: int = 16
    websocket_frames_per_second: int = 100
    trusted_proxy_hops: int = Field(default=0, ge=0)
    requests_at_once: int = Field(default=256, ge=1)
    requests_wait_seconds: float = 0.25
    requests_late_seconds: float = 0.5
    interface: Literal["auto", "shown", "hidden"] = "auto"
    idempotency_hours: float = 24.0


class IdentitySettings(Group):
    """Sessions and passwords."""

    model_config = SettingsConfigDict(env_prefix="IDENTITY_")

    session_days: float = 30.0
    session_idle_days: float = 14.0
    session_seen_seconds: float = 60.0
    session_cache_seconds: float = 5.0
    session_cache_entries: int = Field(default=10_000, ge=1)
    session_outage_seconds: float = 900.0
    ticket_seconds: float = 30.0
    second_factor_required_of: RequiredOf | Literal["auto"] = "auto"
    audit_days: int = Field(default=365, ge=30)
    token_prefix: str = Field(default="app_", pattern=r"^[a-z][a-z0-9]{1,15}_$")
    token_max_days: int = Field(default=366, ge=1)
    secret_keys: str = DEVELOPMENT_KEY
    recent_seconds: float = Field(default=900.0, gt=0, le=1_200)
    confirm_seconds: float = 24 * 3600.0
    link_seconds: float = 900.0
    password_min_characters: int = 8
    password_words: str = ""
    breached_passwords_file: str = ""
    password_hash_threads: int = Field(default_factory=lambda: os.cpu_count() or 1)


class JobsSettings(Group):
    """The background worker."""

    model_config = SettingsConfigDict(env_prefix="JOBS_")

    concurrency: int = 10
    max_attempts: int = 5
    stop_seconds: float = 10.0


class MailSettings(Group):
    """The mail server; without a host, letters are kept in ``folder`` while one develops."""

    model_config = SettingsConfigDict(env_prefix="MAIL_")

    host: str = ""
    port: int = Field(default=587, ge=1, le=65_535)
    tls: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: str = ""
    sender: str = "no-reply@localhost.localdomain"
    authority_file: str = ""
    connect_seconds: float = 5.0
    send_seconds: float = 30.0
    folder: str = ".run/mail"


class ServerSettings(Group):
    """The process that listens."""

    model_config = SettingsConfigDict(env_prefix="SERVER_")

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    name: Literal["hypercorn", "uvicorn"] = "hypercorn"
    keep_alive_seconds: float = 75.0
    head_seconds: float = 10.0
    connections: int = Field(default=25_000, ge=1)
    connections_per_address: int = Field(default=1_200, ge=1)
    request_grace_seconds: float = 2.0


class MetricsSettings(Group):
    """Where Prometheus may ask; port 0 is nowhere, and several web processes have the next ones."""

    model_config = SettingsConfigDict(env_prefix="METRICS_")

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65_535)
    worker_port: int = Field(default=0, ge=0, le=65_535)


class Settings(Group):
    """All settings of the platform."""

    environment: Literal["development", "test", "production"] = "development"
    app_name: str = "Quart realtime"
    public_url: str = "http://127.0.0.1:8000"
    trusted_hosts: Annotated[str, AfterValidator(only_hosts)] = ""
    allowed_origins: Annotated[str, AfterValidator(only_origins)] = ""
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    demo_password: str = "harbour-lights"  # noqa: S105 - for the demo people of `app dev` only
    checks_silenced: str = ""

    database: DatabaseSettings = Field(default_factory=lambda: DatabaseSettings())
    redis: RedisSettings = Field(default_factory=lambda: RedisSettings())
    web: WebSettings = Field(default_factory=lambda: WebSettings())
    identity: IdentitySettings = Field(default_factory=lambda: IdentitySettings())
    openid: OpenIdSettings = Field(default_factory=lambda: OpenIdSettings())
    realtime: RealtimeSettings = Field(default_factory=lambda: RealtimeSettings())
    jobs: JobsSettings = Field(default_factory=lambda: JobsSettings())
    mail: MailSettings = Field(default_factory=lambda: MailSettings())
    server: ServerSettings = Field(default_factory=lambda: ServerSettings())
    metrics: MetricsSettings = Field(default_factory=lambda: MetricsSettings())

    @field_validator("public_url")
    @classmethod
    def _no_path_and_no_final_slash(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path not in {"", "/"}:
            raise ValueError("PUBLIC_URL is a scheme and a host, such as https://example.com")
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def is_development(self) -> bool:
        """Whether this runs on the machine of whoever writes it."""
        return self.environment == "development"

    @property
    def is_secure(self) -> bool:
        """Whether people reach the service over TLS, so that cookies can insist on it."""
        return self.public_url.startswith("https://")

    @property
    def shows_interface(self) -> bool:
        """Whether /docs, /openapi.json and /asyncapi.json are there: not in production, unasked."""
        if self.web.interface == "auto":
            return self.environment != "production"
        return self.web.interface == "shown"

    @property
    def second_factor_required_of(self) -> RequiredOf:
        """Who has to have a second factor: unasked, administrators in production."""
        said = self.identity.second_factor_required_of
        if said == "auto":
            return "administrators" if self.environment == "production" else "nobody"
        return said

    @property
    def origins(self) -> frozenset[str]:
        """The origins whose pages may act here: exact matches, no wildcard.

        In development people type ``localhost`` as well as ``127.0.0.1``.
        """
        twin = self.public_url.replace("://127.0.0.1", "://localhost")
        own = {self.public_url, twin} if self.is_development else {self.public_url}
        return frozenset({*own, *listed(self.allowed_origins)})

    @property
    def hosts(self) -> frozenset[str]:
        """The names that requests may ask for: that of ``PUBLIC_URL``, and ``TRUSTED_HOSTS``."""
        return frozenset({urlsplit(self.public_url).netloc, *listed(self.trusted_hosts)})
