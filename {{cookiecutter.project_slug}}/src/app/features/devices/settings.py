"""What can be tuned about devices."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from app.setting_sources import KIB
from app.setting_sources import Group


class DevicesSettings(Group):
    """How many there may be, and what they may send."""

    model_config = SettingsConfigDict(env_prefix="DEVICES_")

    token_prefix: str = Field(default="dev_", pattern=r"^[a-z][a-z0-9]{1,15}_$")
    per_person: int = Field(default=20_000, ge=1)
    latest_seconds: int = Field(default=86_400, ge=1)
    live_seconds: float = Field(default=0.5, gt=0)
    readings_days: int = Field(default=30, ge=1)
    future_seconds: float = Field(default=300.0, ge=0)
    gather_seconds: float = Field(default=0.02, ge=0)
    group_readings: int = Field(default=10_000, ge=1)
    queue_readings: int = Field(default=50_000, ge=1)
    commands_per_second: float = Field(default=10.0, gt=0)
    commands_burst: int = Field(default=50, ge=1)
    bytes_per_second: float = Field(default=64 * KIB, gt=0)
    bytes_burst: int = Field(default=256 * KIB, ge=1)
    command_days: float = Field(default=30.0, gt=0)
