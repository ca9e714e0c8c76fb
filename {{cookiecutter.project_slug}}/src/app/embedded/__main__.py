"""Starts one supervisor: ``python -m app.embedded ROOT database|redis lasting|ephemeral``."""

import sys
from pathlib import Path

from app.embedded.supervisor import supervise

if __name__ == "__main__":
    root, kind, span = sys.argv[1:]
    sys.exit(supervise(Path(root), kind, is_ephemeral=span == "ephemeral"))
