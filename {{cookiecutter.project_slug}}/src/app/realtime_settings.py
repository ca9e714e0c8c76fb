"""The settings of the realtime core, the largest group; `app.settings` has it with the others."""

from typing import Literal

from pydantic_settings import SettingsConfigDict

from app.setting_sources import KIB
from app.setting_sources import MIB
from app.setting_sources import Group


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
