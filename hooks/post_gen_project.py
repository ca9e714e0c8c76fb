"""Removes what the answers switched off, then says what to do next. Options delete; they never rewrite."""

import json
import shlex
import shutil
import sys
import tomllib
from pathlib import Path

ANSWERS = json.loads(r"""{{ cookiecutter | tojson }}""")
QUESTIONS = ["project_name", "project_slug", "description", "author_name", "email", "domain_name", "features"]
MANIFEST = Path("features.toml")
WRAPPED_BRACE = "{" * 2 + " '{' " + "}" * 2


def features_left_out():
    """Returns the names of the features that the answer does not name."""
    answer = {name.strip() for name in ANSWERS["features"].split(",")}
    return set() if answer == {"all"} else set(ANSWERS["_features"]) - answer


def blocks_to_remove(manifest, gone):
    """Yields the manifest's block of each feature that is gone, and those that need it or only such use."""
    for name, block in manifest.items():
        if name in gone:
            yield block
    for block in manifest.get("shared", []):
        if gone.issuperset(block["used_by"]):
            yield block
    for block in manifest.get("together", []):
        if gone.intersection(block["needs"]):
            yield block


def delete(path):
    """Deletes a file or a folder."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def drop_lines(file, unwanted):
    """Drops the lines of ``file`` that read like one of ``unwanted`` once stripped."""
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if line.strip() not in unwanted]
    file.write_text("".join(kept), encoding="utf-8", newline="")


def prune():
    """Applies the manifest, then removes it. A second run finds no manifest and changes nothing."""
    if not MANIFEST.exists():
        return
    manifest = tomllib.loads(MANIFEST.read_text(encoding="utf-8"))
    for block in blocks_to_remove(manifest, features_left_out()):
        for path in block.get("paths", []):
            delete(Path(path))
        for file, lines in block.get("lines", {}).items():
            drop_lines(Path(file), lines)
    MANIFEST.unlink()


def as_argument(name):
    """Returns ``name=value`` for a shell; a brace is wrapped so that cookiecutter does not evaluate it."""
    return shlex.quote(f"{name}={ANSWERS[name].replace('{', WRAPPED_BRACE)}")


def template():
    """Returns where the template came from; a relative path is made absolute."""
    name = ANSWERS.get("_template", "cookiecutter-quart-realtime")
    return ANSWERS.get("_repo_dir", name) if name.startswith(".") else name


def next_steps():
    """Returns what a person does next, and the command that gives the same answers again."""
    again = " ".join(["uvx", "cookiecutter", shlex.quote(template()), "--no-input", *map(as_argument, QUESTIONS)])
    return (
        f"\nYour service lies in {ANSWERS['project_slug']}. Next:\n\n"
        f"    cd {ANSWERS['project_slug']}\n    uv run app dev\n\n"
        f"The same answers without questions:\n\n    {again}\n"
    )


prune()
sys.stdout.reconfigure(errors="backslashreplace")
print(next_steps())
