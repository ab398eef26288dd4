"""A small service on the real runtime, right in everything; and the faults that can be planted in it."""
