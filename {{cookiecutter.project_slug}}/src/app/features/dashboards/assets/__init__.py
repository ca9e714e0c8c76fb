"""Files of others for the browser: named and locked here, brought by ``app assets``."""

from app.features.dashboards.assets.bringing import AssetsMissing
from app.features.dashboards.assets.bringing import bring
from app.features.dashboards.assets.bringing import is_brought

__all__ = ["AssetsMissing", "bring", "is_brought"]
