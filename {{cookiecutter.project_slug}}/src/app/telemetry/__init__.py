"""Logs with request ids."""
