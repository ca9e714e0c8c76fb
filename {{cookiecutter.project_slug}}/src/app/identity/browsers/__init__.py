"""What browsers bring: Flask's ``session``, kept on the server, and what they call themselves."""
