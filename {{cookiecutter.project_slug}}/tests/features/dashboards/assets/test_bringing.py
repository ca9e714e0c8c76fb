"""Files from npm: by the hashes of a lock without addresses, whole or not at all."""

import json
import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

from app.features.dashboards.assets import bringing

ENOUGH_BYTES = 20_000


def npm_that(folder: Path, does: str) -> Path:
    """Makes a program called npm and returns its folder."""
    program = folder / "npm"
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return folder


def test_the_lock_has_hashes_and_no_addresses() -> None:
    packages = json.loads(bringing.LOCK.read_text())["packages"]
    locked = {name: one for name, one in packages.items() if name}

    assert set(locked) == {"node_modules/uplot"}
    assert locked["node_modules/uplot"]["version"] == "1.6.32"
    assert all(one["integrity"].startswith("sha512-") for one in locked.values())
    assert "resolved" not in bringing.LOCK.read_text()


def test_the_files_are_brought_once(browser_files: Path) -> None:
    script = browser_files / "uplot" / "uPlot.iife.min.js"

    assert script.stat().st_size > ENOUGH_BYTES
    assert "MIT" in (browser_files / "uplot" / "LICENSE").read_text()
    assert not bringing.bring()


def test_a_package_with_another_hash_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, browser_files: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    lock = json.loads(bringing.LOCK.read_text())
    lock["packages"]["node_modules/uplot"]["integrity"] = "sha512-" + "A" * 86 + "=="
    (own / "package-lock.json").write_text(json.dumps(lock))
    shutil.copy(bringing.OWN / "package.json", own)
    monkeypatch.setattr(bringing, "OWN", own)
    monkeypatch.setattr(bringing, "LOCK", own / "package-lock.json")

    with pytest.raises(bringing.AssetsMissing, match="EINTEGRITY"):
        bringing.bring(tmp_path / "vendor")

    assert not (tmp_path / "vendor").exists()


def test_what_fails_half_way_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = npm_that(tmp_path, "echo 'no network today' >&2; exit 1")
    monkeypatch.setenv("PATH", f"{program}{os.pathsep}{os.environ['PATH']}")

    with pytest.raises(bringing.AssetsMissing, match="no network today"):
        bringing.bring(tmp_path / "static" / "vendor")

    assert list((tmp_path / "static").iterdir()) == []


def test_whoever_was_quicker_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, browser_files: Path
) -> None:
    folder = tmp_path / "static" / "vendor"
    meanwhile = f"cp -r '{browser_files}' '{folder}' && touch '{folder}/quicker'"
    own = f"mkdir -p node_modules/uplot && cp -r '{browser_files}/uplot' node_modules/uplot/dist"
    licence = "mv node_modules/uplot/dist/LICENSE node_modules/uplot"
    program = npm_that(tmp_path, f"set -e\n{meanwhile}\n{own}\n{licence}")
    monkeypatch.setenv("PATH", f"{program}{os.pathsep}{os.environ['PATH']}")

    bringing.bring(folder)

    assert (folder / "quicker").exists()
    assert bringing.is_brought(folder)


def test_without_npm_uv_fetches_it_and_without_both_one_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.delenv("UV", raising=False)

    with pytest.raises(bringing.AssetsMissing, match="install one of them"):
        bringing.npm_command()
    monkeypatch.setenv("UV", "/somewhere/uv")
    assert bringing.npm_command()[:3] == ["/somewhere/uv", "tool", "run"]
