"""Typed settings, read once from the environment and passed down.

Every field is an environment variable of the same name in capitals, after the prefix of its
group: ``RealtimeSettings.ping_seconds`` is ``REALTIME_PING_SECONDS``. ``NAME_FILE`` names a file
that holds the value instead, as container secrets do. Lowest first: the defaults here,
``[tool.app]`` of ``pyproject.toml``, ``.env``, ``NAME_FILE``, the environment.
``docs/settings.md`` lists them all.
"""

import os
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field
from pydantic import field_validator
from pydantic_settings import SettingsConfigDict

from app.setting_sources import Group

KIB = 1024
MIB = 1024 * KIB


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
    response_seconds: float = 30.0
    websocket_message_max_bytes: int = 64 * KIB
    websocket_buffer_messages: int = 16
    websocket_frames_per_second: int = 100
    trusted_proxy_hops: int = 0


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
    password_min_characters: int = 8
    password_hash_threads: int = Field(default_factory=lambda: os.cpu_count() or 1)


class RealtimeSettings(Group):
    """Limits and periods of the realtime core, per connection unless the name says otherwise."""

    model_config = SettingsConfigDict(env_prefix="REALTIME_")

    backplane: Literal["redis", "memory"] = "redis"
    preframed_writes: bool = True
    outbound_max_bytes: int = MIB
    outbound_max_messages: int = 1_000
    inbound_frames: int = 16
    line_max_bytes: int = 64 * KIB
    frame_max_bytes: int = 256 * KIB
    topics_per_connection: int = 128
    subscribing_buffer_messages: int = 256
    queued_process_max_bytes: int = 256 * MIB
    write_deadline_seconds: float = 10.0
    hello_deadline_seconds: float = 10.0
    ping_seconds: float = 20.0
    pong_seconds: float = 10.0
    commands_per_second: float = 20.0
    commands_burst: int = 60
    calls_per_connection: int = 8
    call_deadline_seconds: float = 10.0
    commands_at_once: int = 1_000
    inbound_bytes_per_second: float = 64 * KIB
    inbound_bytes_burst: int = 256 * KIB
    connections_per_user: int = 50
    connections_per_address: int = 1_000
    connections_per_process: int = 20_000
    handshakes_per_second: float = 500.0
    socket_age_seconds: float = 4 * 3600.0
    stream_age_seconds: float = 600.0
    stream_comment_seconds: float = 15.0
    session_check_seconds: float = 60.0
    expiry_warning_seconds: float = 60.0
    retry_window_seconds: float = 5.0
    recovery_messages: int = 500
    recovery_topic_max_bytes: int = 512 * KIB
    recovery_hello_max_bytes: int = 768 * KIB
    quiet_check_seconds: float = 15.0
    probe_seconds: float = 10.0
    unsubscribe_delay_seconds: float = 5.0
    publish_deadline_seconds: float = 2.0
    node_lease_seconds: float = 9.0
    node_beat_seconds: float = 3.0
    presence_linger_seconds: float = 8.0
    presence_members: int = 200
    drain_window_seconds: float = 5.0
    drain_deadline_seconds: float = 8.0
    load_topics: bool = False


class JobsSettings(Group):
    """The background worker."""

    model_config = SettingsConfigDict(env_prefix="JOBS_")

    concurrency: int = 10
    max_attempts: int = 5
    stop_seconds: float = 10.0


class ServerSettings(Group):
    """The process that listens."""

    model_config = SettingsConfigDict(env_prefix="SERVER_")

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    name: Literal["hypercorn", "uvicorn"] = "hypercorn"
    keep_alive_seconds: float = 75.0
    head_seconds: float = 10.0
    request_grace_seconds: float = 2.0


class MetricsSettings(Group):
    """Where Prometheus may ask; ``port`` 0 is nowhere, and several processes have the next ones."""

    model_config = SettingsConfigDict(env_prefix="METRICS_")

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65_535)


class Settings(Group):
    """All settings of the platform."""

    environment: Literal["development", "test", "production"] = "development"
    app_name: str = "Quart realtime"
    public_url: str = "http://127.0.0.1:8000"
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    demo_password: str = "harbour-lights"  # noqa: S105 - for the demo people of `app dev` only

    database: DatabaseSettings = Field(default_factory=lambda: DatabaseSettings())
    redis: RedisSettings = Field(default_factory=lambda: RedisSettings())
    web: WebSettings = Field(default_factory=lambda: WebSettings())
    identity: IdentitySettings = Field(default_factory=lambda: IdentitySettings())
    realtime: RealtimeSettings = Field(default_factory=lambda: RealtimeSettings())
    jobs: JobsSettings = Field(default_factory=lambda: JobsSettings())
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
    def origins(self) -> frozenset[str]:
        """The origins whose pages may act here: exact matches, no wildcard.

        In development people type ``localhost`` as well as ``127.0.0.1``.
        """
        twin = self.public_url.replace("://127.0.0.1", "://localhost")
        return frozenset({self.public_url, twin} if self.is_development else {self.public_url})
