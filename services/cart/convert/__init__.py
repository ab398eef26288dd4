"""Between the messages of cart and the values of its domain."""
