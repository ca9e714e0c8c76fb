"""One connection each: what it is, what waits for it, how long it may live."""
