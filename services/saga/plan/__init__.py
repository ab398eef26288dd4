"""Definitions against the contract: checked once, at registration, and compiled to what a run needs."""
