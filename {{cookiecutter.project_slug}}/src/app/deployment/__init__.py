"""What has to be right before the service meets people: numbered checks, each with its remedy.

``PLATFORM`` holds the checks of the platform; a feature adds its own, with its name in front of
the number, where it registers:

    resources.checks.add(Check("blog.001", "warning", remedy="Set ...", find=no_editor))

``app check --deploy`` prints what they find. In production ``app serve`` and ``app worker`` do not
start on a dangerous finding. ``docs/checks.md`` has a row for each.
"""

from app.deployment.checks import Check
from app.deployment.checks import Checks
from app.deployment.checks import Finding
from app.deployment.platform_checks import PLATFORM

__all__ = ["PLATFORM", "Check", "Checks", "Finding"]
