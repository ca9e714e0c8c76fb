"""The features this service is made of: one import and one entry each."""

from app.features import accounts
from app.features import administration
from app.features import chat
from app.features import dashboards
from app.features import devices
from app.features.registration import Feature

FEATURES: list[Feature] = [
    accounts,
    administration,
    chat,
    dashboards,
    devices,
]
