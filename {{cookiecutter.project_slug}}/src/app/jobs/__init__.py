"""The port to the background job queue."""
