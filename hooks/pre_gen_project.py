"""Refuses a bad answer with one line that names the rule and the value."""

import json
import re
import sys
import unicodedata
from pathlib import Path

ANSWERS = json.loads(r"""{{ cookiecutter | tojson }}""")
FREE_TEXT = {"project_name": 60, "description": 200, "author_name": 100}
SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?P<host>[A-Za-z0-9.-]+)")


def broken_rules():
    """Yields a sentence for each answer that breaks a rule."""
    for name, most in FREE_TEXT.items():
        value = ANSWERS[name]
        if any(unicodedata.category(character) in {"Cc", "Zl", "Zp", "Cs"} for character in value):
            yield f"{name} must be one line without control characters", value
        elif len(value) > most or (name == "project_name" and not value.strip()):
            yield f"{name} must have 1 to {most} characters", value
    slug, known = ANSWERS["project_slug"], ANSWERS["_features"]
    if not SLUG.fullmatch(slug) or len(slug) > 63:
        yield "project_slug must be 1 to 63 of a-z, 0-9 and single hyphens, and start with a letter", slug
    elif slug in ANSWERS["_reserved"]:
        yield "project_slug is a reserved name, choose another", slug
    email = EMAIL.fullmatch(ANSWERS["email"])
    if not email or not HOST.fullmatch(email["host"].lower()):
        yield "email must be an address such as ada@example.com", ANSWERS["email"]
    if not HOST.fullmatch(ANSWERS["domain_name"]):
        yield "domain_name must be a host name in lower case such as example.com", ANSWERS["domain_name"]
    asked = {name.strip() for name in ANSWERS["features"].split(",")}
    if asked not in ({"all"}, {"none"}) and not asked <= set(known):
        yield f"features must be all, none, or names among {', '.join(known)}", ANSWERS["features"]


def remove_made_folders():
    """Removes the folders that a slug with slashes made; cookiecutter removes only the last one."""
    top = Path(ANSWERS.get("_output_dir", "."))
    for made in (top / part for part in (Path(ANSWERS["project_slug"]), *Path(ANSWERS["project_slug"]).parents)):
        if made.resolve() != top.resolve() and made.is_dir() and not any(made.iterdir()):
            made.rmdir()


refusal = next(broken_rules(), None)
if refusal:
    print(f"Refused: {refusal[0]}: {refusal[1]!r}", file=sys.stderr)
    if "/" in ANSWERS["project_slug"]:
        remove_made_folders()
    sys.exit(1)
