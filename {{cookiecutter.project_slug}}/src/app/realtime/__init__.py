"""The realtime core: topics, the hub, backplanes, sockets and streams."""
