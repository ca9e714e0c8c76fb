"""How many descriptors a process may have, and how many of them are for connections."""

import resource

# Pools, log, listener, static files that are being sent, and what a library opens for a moment.
RESERVED_FILES = 100


def files_for_connections() -> int:
    """Returns how many connections fit into the limit of open files of this process."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return 2**31
    return max(soft - RESERVED_FILES, soft // 2)
