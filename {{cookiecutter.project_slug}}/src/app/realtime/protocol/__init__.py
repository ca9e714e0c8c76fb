"""The language of the wire: messages, frames, close codes, cursors."""
