"""``app parts``: the packages this environment is made of, as a bill of materials (CycloneDX 1.6).

It lists what is installed and not what was asked for, so inside an image it is the image's own.
"""

import json
import re
from collections.abc import Iterable
from importlib.metadata import Distribution
from importlib.metadata import distributions
from typing import Any
from typing import Final
from uuid import NAMESPACE_URL
from uuid import uuid5

import click

from app.settings import Settings

Json = dict[str, Any]

SPEC_VERSION: Final = "1.6"
# A licence's own text stands there in old packages; its first line is its name.
NAME_MAX_CHARACTERS: Final = 100


@click.command()
def parts() -> None:
    """Prints what this environment is made of, as CycloneDX.

    That is every package with its version and its licences.
    """
    document = bill_of_materials(Settings().app_name, distributions())
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def bill_of_materials(name: str, installed: Iterable[Distribution]) -> Json:
    """Returns the document; the same packages give the same one, to the byte."""
    found = {one["bom-ref"]: one for one in map(_component, installed)}
    components = [found[reference] for reference in sorted(found)]
    fingerprint = uuid5(NAMESPACE_URL, "\n".join(one["bom-ref"] for one in components))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": SPEC_VERSION,
        "serialNumber": f"urn:uuid:{fingerprint}",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": name}},
        "components": components,
    }


def _component(one: Distribution) -> Json:
    # As the specification of package addresses has it, and the index too.
    name = re.sub(r"[-_.]+", "-", one.metadata["Name"]).lower()
    address = f"pkg:pypi/{name}@{one.version}"
    component: Json = {
        "type": "library",
        "bom-ref": address,
        "name": one.metadata["Name"],
        "version": one.version,
        "purl": address,
    }
    licences = _licences(one)
    return component | ({"licenses": licences} if licences else {})


def _licences(one: Distribution) -> list[Json]:
    found = one.metadata.get_all("License-Expression")
    if found:
        return [{"expression": found[0]}]
    named = [
        text.rpartition("::")[2].strip()
        for text in one.metadata.get_all("Classifier") or ()
        if text.startswith("License ::")
    ]
    told = (one.metadata.get_all("License") or [""])[0].strip().partition("\n")[0]
    names = named or [told[:NAME_MAX_CHARACTERS]]
    return [{"license": {"name": name}} for name in names if name]
