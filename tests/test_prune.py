"""Pruning: nothing of a feature is left once its answer leaves it out, and the rest is untouched."""

import re
import tomllib

import pytest

from tests.combinations import FEATURES
from tests.combinations import as_answer
from tests.conftest import ROOT
from tests.conftest import Bake
from tests.test_template_files import text_files

PROJECT = ROOT / "{{cookiecutter.project_slug}}"


def traces(name: str) -> re.Pattern[str]:
    """Returns what counts as a trace of a feature: module, folder, route, topic, settings prefix."""
    code = rf"features[./]{name}\b|docs/features/{name}|\b{name.upper()}_[A-Z]+"
    addresses = rf"[\"'(` ]/{name}\b|/api/v1/{name}\b|[\"'`]{name}:"
    return re.compile(f"{code}|{addresses}")


@pytest.mark.parametrize("name", FEATURES)
def test_the_full_project_has_traces_to_look_for(name: str) -> None:
    found = [path for path, text in text_files(PROJECT).items() if traces(name).search(text)]

    assert len(found) > 5


@pytest.mark.parametrize("name", FEATURES)
def test_nothing_of_a_pruned_feature_is_left(bake: Bake, name: str) -> None:
    others = frozenset(FEATURES) - {name}

    baked = bake(features=as_answer(others))

    assert baked.code == 0, baked.output
    files = text_files(baked.project)
    found = {path: traces(name).search(text) for path, text in files.items()}
    assert {path: mark[0] for path, mark in found.items() if mark} == {}
    assert [path for path in files if f"features/{name}" in path] == []


@pytest.mark.parametrize("name", FEATURES)
def test_files_that_the_manifest_does_not_name_are_byte_equal(bake: Bake, name: str) -> None:
    manifest = tomllib.loads((PROJECT / "features.toml").read_text())
    together = [block for block in manifest["together"] if name in block["needs"]]
    paths = [path for block in (manifest[name], *together) for path in block["paths"]]

    full = text_files(bake(features="all", into="full").project)
    pruned = text_files(bake(features=as_answer(frozenset(FEATURES) - {name}), into="pruned").project)

    kept = {path for path in full if not any(path.startswith(gone) for gone in paths)}
    assert set(pruned) == kept
    assert {path for path in kept if full[path] != pruned[path]} == set(manifest[name]["lines"])
