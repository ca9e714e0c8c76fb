"""Passwords: hashed, and held to the lists of those that are no good."""
