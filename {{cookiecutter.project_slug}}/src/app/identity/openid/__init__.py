"""Signing in with an account elsewhere: OpenID Connect, authorization code with PKCE."""

from app.identity.openid.claims import Claims
from app.identity.openid.flows import Flow
from app.identity.openid.flows import Flows
from app.identity.openid.links import Link
from app.identity.openid.provider import Provider
from app.identity.openid.refusals import Refused

__all__ = ["Claims", "Flow", "Flows", "Link", "Provider", "Refused"]
