"""Searching by how words begin, with an index and without an extension of PostgreSQL.

What is searched is a ``tsvector`` whose lexemes a function of a migration makes; a search is cut by
the same marks, and by no dictionary.
"""

import string
from collections.abc import Sequence

from sqlalchemy import Cast
from sqlalchemy import cast
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import TSQUERY

MARKS = str.maketrans(string.punctuation, " " * len(string.punctuation))


def words_of(search: str) -> list[str]:
    """Returns the words of a search, cut at spaces and at every mark of ASCII.

    >>> words_of("Grace@ex")
    ['Grace', 'ex']
    """
    seen = "".join(one if one.isprintable() else " " for one in search)
    return seen.translate(MARKS).split()


def beginnings(words: Sequence[str], *, scope: str = "") -> "Cast[str]":
    """Returns the query for rows that have, for each word, a lexeme that begins with it.

    ``scope`` stands before each lexeme that is meant, so that a search reads its entries alone.
    """
    # In quotes, where no mark that is left means anything; small as the database has it.
    query = " & ".join(f"'{scope}{word}':*" for word in words)
    return cast(func.lower(query), TSQUERY)
