"""The passwords that everybody tries first: the list that the package zxcvbn comes with.

Of its 30,000 about 11,600 are long enough to be chosen at all (ASVS 5.0, 6.2.4 asks for 3,000).
"""

import re
from functools import cache
from importlib.util import find_spec
from importlib.util import module_from_spec
from importlib.util import spec_from_file_location
from pathlib import Path

SHORTEST = 8
# So many letters that are no word of the service make a password one's own.
OWN_LETTERS = 4


def words_of(text: str) -> frozenset[str]:
    """Returns the words of a text that are long enough to be somebody's password with a number."""
    return frozenset(
        word for word in re.split(r"[\W\d_]+", text.lower()) if len(word) >= OWN_LETTERS
    )


def is_made_of(password: str, words: frozenset[str]) -> bool:
    """Tells whether hardly anything of a password is left without these words (ASVS 5.0, 6.2.11).

    Digits and signs between them and around them do not count.
    """
    rest = left = re.sub(r"[\W\d_]+", "", password.lower())
    for word in sorted(words, key=len, reverse=True):
        left = left.replace(word, "")
    return left != rest and len(left) < OWN_LETTERS


def is_common(password: str) -> bool:
    """Tells whether the password is on the list, in whatever case; the first call reads it."""
    return password.lower() in common()


@cache
def common() -> frozenset[str]:
    """Returns the list.

    Only the one file of the package is read, and let go: the package would keep 11 MB of words of
    languages and of names for good.
    """
    package = find_spec("zxcvbn")
    if package is None or package.origin is None:
        raise LookupError("the package zxcvbn is not installed")
    lists = Path(package.origin).with_name("frequency_lists.py")
    spec = spec_from_file_location("frequency_lists", lists)
    if spec is None or spec.loader is None:
        raise LookupError(f"{lists} cannot be read")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return frozenset(word for word in module.FREQUENCY_LISTS["passwords"] if len(word) >= SHORTEST)
