"""The process that listens: the choice of server, signals, drain, several processes."""

from app.serving.runner import serve

__all__ = ["serve"]
