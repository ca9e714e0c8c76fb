"""The processes that listen: server choice, signals, drain."""
