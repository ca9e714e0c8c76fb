"""Reads the Markdown of the project: its code blocks and the paths it names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "AGENTS.md", *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(
    r"^```(?P<language>\w*)(?P<flags>[^\n]*)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE
)
NAMED_PATH = re.compile(r"`((?:src|tests|docs|compose)/[\w./<>*-]+|[\w-]+\.(?:toml|yaml|md|ini))`")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


@dataclass(frozen=True)
class Block:
    """A fenced block: where it stands, its language, and whether it is marked ``no-run``."""

    page: Path
    line: int
    language: str
    is_run: bool
    code: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks() -> Iterator[Block]:
    """Yields every fenced block of every page."""
    for page in PAGES:
        text = page.read_text()
        for found in BLOCK.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            is_run = "no-run" not in found["flags"]
            yield Block(page, line, found["language"], is_run, found["code"])


def named_paths() -> Iterator[tuple[Path, str]]:
    """Yields the page and each path that it names in backticks or links to."""
    for page in PAGES:
        text = BLOCK.sub("", page.read_text())
        yield from ((page.relative_to(ROOT), name) for name in NAMED_PATH.findall(text))
        yield from ((page.relative_to(ROOT), f"./{name}") for name in LINK.findall(text))
