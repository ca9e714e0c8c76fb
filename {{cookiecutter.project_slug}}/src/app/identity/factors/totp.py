"""Codes of an authenticator app: TOTP (RFC 6238), six digits of thirty seconds each."""

from datetime import datetime

import pyotp

STEP_SECONDS = 30
DRIFT_STEPS = 1
CODE_DIGITS = 6
NO_STEP = 0


def new_secret() -> str:
    """Returns 160 random bits in base32, as apps take them."""
    return pyotp.random_base32()


def step_of(secret: str, code: str, *, now: datetime) -> int:
    """Returns the time step that a code is of, `NO_STEP` when it is of none that is good ``now``.

    One step before and after are good, for clocks that differ.
    """
    app = pyotp.TOTP(secret, digits=CODE_DIGITS, interval=STEP_SECONDS)
    present = int(now.timestamp()) // STEP_SECONDS
    digits = "".join(code.split())
    steps = range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1)
    same = pyotp.utils.strings_equal  # takes as long for every code
    return next((one for one in steps if same(app.generate_otp(one), digits)), NO_STEP)
