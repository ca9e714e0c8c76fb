"""Sessions on the server: begun, found, renewed and ended, and the tickets that they vouch for."""
