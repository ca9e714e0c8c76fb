"""``app devices simulate``: a fleet on real sockets, and what became of every reading."""

from .command import add_commands

__all__ = ["add_commands"]
