"""The HTTP edge that every feature shares."""
