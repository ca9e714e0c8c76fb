"""The synchronous heart: topics, their logs, who listens, the fan-out."""
