"""The adapters over Redis or Valkey."""
