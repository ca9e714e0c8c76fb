"""The account that the servers run as: ourselves, or `nobody` when we are root.

PostgreSQL refuses to run as root, and containers often are. `nobody` exists everywhere, so no
account has to be made and no folder of yours has to be opened to others.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from app.embedded.errors import EmbeddedError

TRAVERSABLE_BY_OTHERS = 0o001


@dataclass(frozen=True)
class Account:
    """A user that owns the data and runs the servers; ``is_other`` when it is not ourselves."""

    user: int
    group: int
    is_other: bool

    def own(self, path: Path) -> None:
        """Gives the file or folder to this account, refusing one that is somebody else's.

        The names below /tmp and /var/tmp can be guessed: another user may have put something
        there first.
        """
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode) or found.st_uid not in {os.geteuid(), self.user}:
            raise EmbeddedError(f"{path} belongs to uid {found.st_uid}: not using it")
        if self.is_other:
            os.chown(path, self.user, self.group)

    def can_reach(self, folder: Path) -> bool:
        """Tells whether this account can enter the folder and all that are above it."""
        if not self.is_other:
            return True
        chain = (folder, *folder.parents)
        return all(part.stat().st_mode & TRAVERSABLE_BY_OTHERS for part in chain if part.exists())


def server_account() -> Account:
    """Returns the account for the servers that this process starts."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), is_other=False)
    import pwd  # absent where there is no root either

    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid, is_other=True)
