"""What is kept of a person: handed out to them, and taken away when they leave."""
