"""What the Makefile runs: the demo and the test suite of the template."""
