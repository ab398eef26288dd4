"""Between messages, rows and the domain."""
