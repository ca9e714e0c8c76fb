"""What can be tuned about chat."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from app.setting_sources import Group


class ChatSettings(Group):
    """The topics of chat; limits of what people write are constants of ``schemas``."""

    model_config = SettingsConfigDict(env_prefix="CHAT_")

    window_messages: int = Field(default=500, ge=1)
    window_seconds: int = Field(default=300, ge=1)
    event_max_bytes: int = 32 * 1024
