"""The manifest: what it lists is there exactly once, and every optional feature is listed."""

import tomllib

import pytest

from tests.combinations import FEATURES
from tests.conftest import ROOT

PROJECT = ROOT / "{{cookiecutter.project_slug}}"
MANIFEST = tomllib.loads((PROJECT / "features.toml").read_text())
ALWAYS_ON = {"accounts", "administration"}
BLOCKS = [MANIFEST[name] for name in FEATURES] + MANIFEST.get("shared", []) + MANIFEST["together"]
PATHS = [path for block in BLOCKS for path in block.get("paths", [])]
LINES = [(file, line) for block in BLOCKS for file, lines in block.get("lines", {}).items() for line in lines]


def test_the_question_and_the_manifest_name_the_same_features() -> None:
    assert set(MANIFEST) - {"shared", "together"} == set(FEATURES)


def test_every_feature_folder_is_either_optional_or_always_on() -> None:
    folders = {path.name for path in (PROJECT / "src/app/features").iterdir() if (path / "__init__.py").exists()}

    assert folders == set(FEATURES) | ALWAYS_ON


def test_what_several_features_share_names_features() -> None:
    users = {name for block in MANIFEST.get("shared", []) for name in block["used_by"]}

    assert users <= set(FEATURES)


def test_what_needs_several_features_names_more_than_one() -> None:
    for block in MANIFEST["together"]:
        assert set(block["needs"]) <= set(FEATURES)
        assert len(set(block["needs"])) > 1


@pytest.mark.parametrize("path", PATHS)
def test_a_listed_path_exists_and_is_listed_once(path: str) -> None:
    assert (PROJECT / path).exists()
    assert PATHS.count(path) == 1


@pytest.mark.parametrize(("file", "line"), LINES)
def test_a_listed_line_exists_exactly_once(file: str, line: str) -> None:
    lines = [candidate.strip() for candidate in (PROJECT / file).read_text().splitlines()]

    assert lines.count(line) == 1


@pytest.mark.parametrize("name", FEATURES)
def test_a_seam_file_has_one_line_per_feature_and_the_registry_two(name: str) -> None:
    counts = {file: len(lines) for file, lines in MANIFEST[name]["lines"].items()}

    assert counts.pop("src/app/features/__init__.py") == 2
    assert set(counts.values()) <= {1}
