"""A check of the settings, and the registry in which the platform and the features keep theirs."""

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from app.settings import Settings

# "dangerous": production does not start. "warning": it starts, and the log has a line.
Severity = Literal["dangerous", "warning"]
Find = Callable[[Settings], str | None]

ID = re.compile(r"[a-z_]+\.\d{3}")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at: ``find`` says what is wrong, without any secret, or None.

    An id stays with its check for ever, and that of a removed check is not given again.
    """

    id: str
    severity: Severity
    remedy: str
    find: Find

    def __post_init__(self) -> None:
        if not ID.fullmatch(self.id):
            raise ValueError(f"{self.id!r} is not a part and three digits, such as web.001")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has found."""

    check: Check
    wrong: str

    def __str__(self) -> str:
        return f"{self.check.id} {self.wrong}. {self.check.remedy}"


class Checks:
    """The checks of one application, in the order in which they were added."""

    def __init__(self, checks: Iterable[Check]) -> None:
        self._checks: dict[str, Check] = {}
        for check in checks:
            self.add(check)

    def add(self, check: Check) -> None:
        """Adds a check.

        Raises:
            ValueError: there is one with this id.
        """
        if check.id in self._checks:
            raise ValueError(f"there is a check {check.id} already")
        self._checks[check.id] = check

    def __iter__(self) -> Iterator[Check]:
        return iter(self._checks.values())

    def findings(self, settings: Settings) -> list[Finding]:
        """Returns what is wrong, but for the checks that CHECKS_SILENCED names."""
        found = (
            (check, check.find(settings)) for check in self if check.id not in silenced(settings)
        )
        return [Finding(check, wrong) for check, wrong in found if wrong]


def silenced(settings: Settings) -> frozenset[str]:
    """Returns the ids that CHECKS_SILENCED names."""
    return frozenset(re.split(r"[,\s]+", settings.checks_silenced)) - {""}


def dangerous(number: str, remedy: str) -> Callable[[Find], Check]:
    """Makes a check, on which production does not start, of a function that finds."""
    return lambda find: Check(number, "dangerous", remedy, find)


def warning(number: str, remedy: str) -> Callable[[Find], Check]:
    """Makes a check, on which production starts with a warning, of a function that finds."""
    return lambda find: Check(number, "warning", remedy, find)
