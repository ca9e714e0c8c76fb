"""``app load``: many sockets and a rate of messages against a running service, counted exactly."""
