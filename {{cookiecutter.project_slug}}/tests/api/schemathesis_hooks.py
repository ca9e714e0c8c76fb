"""What schemathesis loads: how to come in, again and again, since some calls sign one out."""

import os
from typing import Any

import httpx
import schemathesis

URL = os.environ["FUZZ_URL"]
AGAIN_SECONDS = 2

if os.environ["FUZZ_SIGNED_IN"]:

    @schemathesis.auth(refresh_interval=AGAIN_SECONDS)
    class Session:
        """A session of the person who tries everything."""

        def get(self, case: Any, context: Any) -> str:
            """Begins one."""
            response = httpx.get(f"{URL}/fuzz/session", timeout=10).raise_for_status()
            return str(response.json()["cookie"])

        def set(self, case: Any, data: str, context: Any) -> None:
            """Adds it to a call."""
            case.headers["Cookie"] = data
