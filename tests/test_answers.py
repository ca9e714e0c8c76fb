"""Answers: free text is inert everywhere, a bad answer is refused with one line and leaves nothing."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.conftest import Bake
from tests.conftest import Baked

HOSTILE_NAMES = [
    "Quote \" and ' both",
    "Back\\slash \\n \\u0041 \\",
    '"""triple"""',
    "'''",
    "$(touch pwned) `touch pwned` ; touch pwned",
    "${HOME} $HOME %PATH%",
    "<script>alert(1)</script>",
    "]]> --> */ //",
    "#comment ; other",
    "Caf\u00e9 \u0413\u0430\u0432\u0430\u043d\u044c \u6e2f\u53e3 \u0645\u0631\u0641\u0623",
    "\U0001f6a2 harbour \U0001f30a",
    "null",
    "true",
    "1.0",
    "- item: [a, b]",
    "a & b | c > d < e",
    "{one} brace { and } more",
    "%s %(x)s {0}",
    " leading and trailing ",
    "'+__import__('os').system('touch pwned')+'",
    "\"; import os; os.system('touch pwned') #",
    "!!python/object/apply:os.system ['touch pwned']",
    "&anchor *alias <<: *merge",
    "=cmd|' /C touch pwned'!A0",
    "../../../etc/passwd",
    "x'; DROP TABLE users; --",
    "\u202eright to left\u202c and zero\u200bwidth",
    "~root *.py ?.toml [a-z]",
    "\\x00 \\N{BULLET} \\",
    "| folded: >- block",
]

ENV_LINE = re.compile(r"|#.*|[A-Z][A-Z0-9_]*=.*")

TYPED_ONLY = ["{{ 7 * 7 }}", "{% raw %}", "{# note #}", "{{ cookiecutter.email }}"]

REFUSED = {
    "slug with capitals": ("project_slug", "Harbour"),
    "slug with an underscore": ("project_slug", "my_service"),
    "slug with a leading digit": ("project_slug", "1service"),
    "slug with a double hyphen": ("project_slug", "my--service"),
    "slug with a trailing hyphen": ("project_slug", "service-"),
    "slug with a dot": ("project_slug", "a.b"),
    "slug too long for a host name": ("project_slug", "a" * 64),
    "slug that climbs": ("project_slug", "up/../up2/x"),
    "slug with folders": ("project_slug", "one/two/three"),
    "slug in another script": ("project_slug", "\u6e2f\u53e3"),
    "slug of the import package": ("project_slug", "app"),
    "slug of a dependency": ("project_slug", "quart"),
    "slug with a space": ("project_slug", "my service"),
    "slug with a shell character": ("project_slug", "a;b"),
    "name over two lines": ("project_name", "one\ntwo"),
    "name with a control character": ("project_name", "bell\x07"),
    "name that is empty": ("project_name", " "),
    "name that is long": ("project_name", "x" * 61),
    "description over two lines": ("description", "one\x0btwo"),
    "author with a line separator": ("author_name", "one\u2028two"),
    "unknown feature": ("features", "chat,teleport"),
    "all and more": ("features", "all,chat"),
    "no feature named": ("features", ""),
    "address without an at": ("email", "ada.example.com"),
    "address with a quote": ("email", 'a"b@example.com'),
    "host name with a scheme": ("domain_name", "https://example.com"),
    "host name in capitals": ("domain_name", "Example.com"),
    "host name with a shell variable": ("domain_name", "$HOST.example.com"),
}


def broken_files(project: Path) -> list[str]:
    """Returns the files that are not valid in their language; those copied verbatim are not read."""
    readers = {".toml": tomllib.loads, ".json": json.loads, ".yaml": yaml.safe_load, ".yml": yaml.safe_load}
    broken = []
    for path in sorted(path for path in project.rglob("*") if path.is_file()):
        if path.relative_to(project).parts[0] in {"src", "tests", "docs"}:
            continue
        try:
            text = path.read_text(encoding="utf-8")
            readers.get(path.suffix, str)(text)
            wrong = [line for line in text.splitlines() if path.name == ".env.example" and not ENV_LINE.fullmatch(line)]
        except (ValueError, yaml.YAMLError) as error:
            wrong = [str(error)]
        broken += [f"{path.name}: {line}" for line in wrong]
    return broken


def metadata(baked: Baked) -> dict[str, object]:
    """Returns what the free-text answers became in pyproject.toml."""
    document = tomllib.loads((baked.project / "pyproject.toml").read_text(encoding="utf-8"))
    project = document["project"]
    return {
        "project_name": document["tool"]["app"]["app_name"],
        "description": project["description"],
        "author_name": project["authors"][0]["name"],
    }


@pytest.mark.parametrize("text", HOSTILE_NAMES)
def test_free_text_arrives_unchanged_and_runs_nowhere(bake: Bake, text: str) -> None:
    answers = {"project_name": text, "description": text, "author_name": text}

    baked = bake(project_slug="hostile", **answers)

    assert baked.code == 0, baked.output
    assert metadata(baked) == answers
    assert broken_files(baked.project) == []
    assert not list(baked.folder.parent.rglob("pwned"))


def test_there_are_thirty_hostile_texts_and_a_broken_file_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('name = "Quote " and more"')
    (tmp_path / "compose.yaml").write_text("a: [")
    (tmp_path / ".env.example").write_text("touch pwned")

    assert len(set(HOSTILE_NAMES)) == 30
    assert len(broken_files(tmp_path)) == 3


@pytest.mark.parametrize("text", TYPED_ONLY)
def test_braces_typed_at_a_prompt_are_not_evaluated(bake: Bake, text: str) -> None:
    typed = f"{text}\nhostile\n{text}\n{text}\n\n\n\n"

    baked = bake(typed=typed)

    assert baked.code == 0, baked.output
    assert metadata(baked) == {"project_name": text, "description": text, "author_name": text}


@pytest.mark.parametrize("text", [*TYPED_ONLY, HOSTILE_NAMES[0], HOSTILE_NAMES[4]])
def test_the_printed_command_gives_the_same_project_again(bake: Bake, tmp_path: Path, text: str) -> None:
    first = bake(typed=f"{text}\nhostile\n{text}\n{text}\n\n\n\n")
    line = next(line for line in first.output.splitlines() if line.strip().startswith("uvx cookiecutter "))
    again = tmp_path / "again"

    command = [str(Path(sys.prefix, "bin", "cookiecutter")), *shlex.split(line)[2:], "-o", str(again)]
    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr
    assert metadata(Baked(again, "", 0)) == metadata(first)


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_answer_gets_one_line_and_leaves_nothing(bake: Bake, case: str) -> None:
    name, value = REFUSED[case]

    baked = bake(**{name: value})

    refusals = [line for line in baked.output.splitlines() if line.startswith("Refused: ")]
    assert baked.code != 0
    assert len(refusals) == 1
    assert re.match(rf"Refused: {name} .+: ", refusals[0])
    assert refusals[0].endswith(repr(value))
    assert list(baked.folder.iterdir()) == []


def test_a_folder_that_exists_is_left_alone(bake: Bake) -> None:
    mine = bake(project_slug="mine").project / "README.md"
    mine.write_text("my own words")

    second = bake(project_slug="mine")

    assert second.code != 0
    assert "already exists" in second.output
    assert mine.read_text() == "my own words"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Harbour Live", "harbour-live"),
        ("\u0413\u0430\u0432\u0430\u043d\u044c", "gavan"),
        ("\U0001f6a2", "my-service"),
        ("4Ever-Up X9", "ever-up-x9"),
        ("2026", "my-service"),
        ("\u674e " * 30, "-".join(["li"] * 21)),
    ],
)
def test_the_slug_follows_from_the_name(bake: Bake, name: str, slug: str) -> None:
    baked = bake(project_name=name)

    assert baked.code == 0, baked.output
    assert baked.project.name == slug
