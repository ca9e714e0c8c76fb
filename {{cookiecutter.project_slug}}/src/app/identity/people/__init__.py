"""People as others see them: administrators, and whoever reads a name."""
