"""The adapters of one process: for tests and for services without Redis."""
