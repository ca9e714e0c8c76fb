"""The second factor: set up, checked, moved to a new phone, and replaced by a recovery code."""
