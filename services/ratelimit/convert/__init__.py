"""Limits, access rules and decisions, as messages."""
