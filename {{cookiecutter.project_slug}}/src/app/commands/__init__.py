"""What a person can tell the program to do; each file holds one command."""
