"""Scheduled, recurring and queued work."""
