"""The features this service is made of: one import and one entry each."""

from app.features import accounts
from app.features import chat
from app.features.registration import Feature

FEATURES: list[Feature] = [
    accounts,
    chat,
]
