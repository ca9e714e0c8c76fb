"""From a wish for a topic to a live subscription, and back."""
