"""The checks of the platform, in the order of their ids."""

from app.deployment import addresses
from app.deployment import bounds
from app.deployment import modes
from app.deployment.checks import Check

PLATFORM: tuple[Check, ...] = tuple(
    sorted((*modes.CHECKS, *addresses.CHECKS, *bounds.CHECKS), key=lambda check: check.id)
)
