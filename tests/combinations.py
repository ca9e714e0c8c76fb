"""The answers that are baked: every feature alone, all pairs, all and none."""

import itertools
import json
from pathlib import Path

ROOT = Path(__file__).parents[1]
FEATURES: list[str] = json.loads((ROOT / "cookiecutter.json").read_text())["_features"]


def combinations() -> list[frozenset[str]]:
    """Returns each set of features once, the smallest first."""
    alone = [frozenset({name}) for name in FEATURES]
    pairs = [frozenset(pair) for pair in itertools.combinations(FEATURES, 2)]
    return list(dict.fromkeys([frozenset(), *alone, *pairs, frozenset(FEATURES)]))


def as_answer(features: frozenset[str]) -> str:
    """Returns what a person would type for ``features``."""
    if features == frozenset(FEATURES):
        return "all"
    return ",".join(sorted(features)) or "none"
