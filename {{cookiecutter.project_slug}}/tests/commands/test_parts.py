"""The bill of materials: everything that is installed, and nothing made up."""

import json
import re
from importlib.metadata import distribution
from importlib.metadata import distributions

from click.testing import CliRunner

from app.__main__ import main
from app.commands.parts import bill_of_materials
from tests.documents import ROOT

ADDRESS = re.compile(r"pkg:pypi/[a-z0-9]+(?:-[a-z0-9]+)*@\S+")


def asked_for() -> set[str]:
    """Returns the packages that pyproject.toml names for production."""
    text = (ROOT / "pyproject.toml").read_text()
    listed = text.partition("dependencies = [")[2].partition("\n]")[0]
    return {name.lower() for name in re.findall(r'^    "([\w-]+)', listed, re.MULTILINE)}


def test_every_installed_package_is_listed_with_its_version_and_licence() -> None:
    told = json.loads(CliRunner().invoke(main, ["parts"]).stdout)

    addresses = [one["purl"] for one in told["components"]]
    names = {address.partition("/")[2].partition("@")[0] for address in addresses}
    quart = next(one for one in told["components"] if one["name"].lower() == "quart")
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    assert len(asked_for()) > 20
    assert asked_for() <= names
    assert quart["version"] == distribution("quart").version
    assert quart["licenses"]
    assert all(ADDRESS.fullmatch(address) for address in addresses)
    assert addresses == sorted({*addresses})
    assert all(len(json.dumps(one)) < 1_000 for one in told["components"])


def test_the_same_packages_give_the_same_document() -> None:
    installed = list(distributions())

    document = bill_of_materials("chat", installed)

    assert document == bill_of_materials("chat", reversed(installed))
    assert document["serialNumber"] != bill_of_materials("chat", installed[1:])["serialNumber"]
