"""Devices to look at: what ``app dev`` stores of them, and the program that brings them to life."""

from .command import add_commands
from .rows import NAMES
from .rows import add_devices

__all__ = ["NAMES", "add_commands", "add_devices"]
