"""Between the messages of identity's contract and its domain."""
