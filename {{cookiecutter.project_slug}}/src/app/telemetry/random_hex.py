"""Random digits for names that nobody must guess or meet twice: ids of requests, traces and spans.

Each request needs three. The system is asked for a page of them at a time, because every call of
it costs as much as a dozen lines of Python; a forked process forgets the page of its parent.
"""

import os
import secrets
from typing import Final

PAGE_BYTES: Final = 4_096


class RandomHex:
    """Random hexadecimal digits of the operating system, each handed out once."""

    def __init__(self) -> None:
        self._page = ""
        self._next = 0
        os.register_at_fork(after_in_child=self.forget)

    def take(self, digits: int) -> str:
        """Returns the next ``digits``, at most a page of them."""
        begin = self._next
        self._next = end = begin + digits
        if end > len(self._page):
            self._page = secrets.token_hex(PAGE_BYTES)
            begin, self._next = 0, digits
        return self._page[begin : begin + digits]

    def forget(self) -> None:
        """Has the next digits be new ones."""
        self._page = ""
        self._next = 0


random_hex: Final = RandomHex()
