"""Signing in, step by step: the password, the code, and the browsers that are known."""
