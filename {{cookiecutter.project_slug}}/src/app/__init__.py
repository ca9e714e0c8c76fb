"""The service. Start reading at factory.py."""
