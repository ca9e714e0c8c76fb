"""docs/cryptography.md lists every package that hashes, seals, signs or draws at random."""

import re
from pathlib import Path

import app
from tests.documents import ROOT

SOURCE = Path(app.__file__).parent
USES = re.compile(
    r"^(?:import|from) (?:hashlib|hmac|secrets|ssl|cryptography|argon2|authlib|joserfc)\b",
    re.MULTILINE,
)
PAGE = (ROOT / "docs/cryptography.md").read_text()


def test_every_package_that_uses_cryptography_is_listed_and_no_other() -> None:
    files = [path for path in SOURCE.rglob("*.py") if USES.search(path.read_text())]
    packages = {path.relative_to(SOURCE).parts[0] for path in files}
    listed = set(re.findall(r"`src/app/(\w+(?:\.py)?)/?`", PAGE))

    assert len(files) > 20
    assert packages == listed


def test_weak_algorithms_are_used_for_nothing_but_names_and_lists() -> None:
    weak = re.compile(r"\b(?:md5|sha1|SHA1|MODE_ECB|DES|RC4)\b")

    found = {path.name for path in SOURCE.rglob("*.py") if weak.search(path.read_text())}

    # Redis, TOTP (RFC 6238) and the list of breached passwords name SHA-1.
    assert found <= {"scripts.py", "breached.py"}
