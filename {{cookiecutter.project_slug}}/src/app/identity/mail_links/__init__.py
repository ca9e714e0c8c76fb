"""Links in letters, and what they open: joining, another password, another address."""
