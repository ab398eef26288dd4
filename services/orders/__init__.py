"""Orders: what was bought, and how far it came."""
