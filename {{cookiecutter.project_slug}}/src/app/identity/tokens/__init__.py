"""What programs send: bearer tokens, and the API tokens that people make for them."""
