"""Providers are read from a variable or a file, and each has a name of its own."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.openid_settings import OpenIdSettings

ONE = {"name": "one", "issuer": "https://one.example", "client_id": "x", "client_secret": "hush"}


def test_providers_come_from_a_variable_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "providers").write_text(json.dumps([ONE]))
    monkeypatch.setenv("OPENID_PROVIDERS_FILE", str(tmp_path / "providers"))
    from_file = OpenIdSettings().providers
    monkeypatch.setenv("OPENID_PROVIDERS", json.dumps([{**ONE, "name": "two"}]))
    from_variable = OpenIdSettings().providers

    assert [one.name for one in (*from_file, *from_variable)] == ["one", "two"]
    assert "hush" not in repr(from_file)


def test_two_providers_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="same name"):
        OpenIdSettings.model_validate({"providers": [ONE, ONE]})
