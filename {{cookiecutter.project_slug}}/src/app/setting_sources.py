"""Where settings come from: the order that the first lines of ``settings`` tell."""

import os
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic_settings import BaseSettings
from pydantic_settings import PydanticBaseSettingsSource
from pydantic_settings import PyprojectTomlConfigSettingsSource
from pydantic_settings import SettingsConfigDict

KIB = 1024
MIB = 1024 * KIB


@lru_cache(maxsize=4)
def parsed(path: Path, changed_ns: int, size_bytes: int) -> dict[str, Any]:
    """Returns what a file of TOML says, as it was when it last changed."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


class ProjectFile(PyprojectTomlConfigSettingsSource):
    """Parses ``pyproject.toml`` once, not for each of a dozen groups of settings."""

    def _read_file(self, file_path: Any) -> dict[str, Any]:
        known = file_path.stat()
        return parsed(file_path, known.st_mtime_ns, known.st_size)


class UnreadableFile(Exception):
    """A file that a ``NAME_FILE`` names cannot be read; the message says which and why."""


class SecretFiles(PydanticBaseSettingsSource):
    """Reads a field's value from the file that ``NAME_FILE`` names."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        """Returns the value of one field, or None when no file is named for it.

        Raises:
            UnreadableFile: there is no such file, or none for us.
        """
        prefix = self.config.get("env_prefix", "")
        variable = f"{prefix}{field_name}_file".upper()
        path = os.environ.get(variable)
        try:
            return (Path(path).read_text().strip() if path else None, field_name, False)
        except OSError as error:
            raise UnreadableFile(f"{variable}: cannot read {path}: {error.strerror}") from error

    def __call__(self) -> dict[str, Any]:
        """Returns the values of all fields that have a file."""
        fields = self.settings_cls.model_fields
        found = {name: self.get_field_value(field, name)[0] for name, field in fields.items()}
        return {name: value for name, value in found.items() if value is not None}


class Group(BaseSettings):
    """A set of settings under one prefix; the features' own settings derive from it too."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_file=".env",
        pyproject_toml_table_header=("tool", "app"),
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Orders the sources, the strongest first."""
        return (
            init_settings,
            env_settings,
            SecretFiles(settings_cls),
            dotenv_settings,
            ProjectFile(settings_cls),
        )
