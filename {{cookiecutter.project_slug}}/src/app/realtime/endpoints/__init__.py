"""What stands in front of Quart: the socket, the stream, and their commands."""
