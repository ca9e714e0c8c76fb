"""How long a test waits for what must come: until it is certain that something hangs."""

# A slow machine, or one that stands still for a while, is not a finding.
PATIENCE_SECONDS = 60.0
PATIENCE_MS = 60_000
