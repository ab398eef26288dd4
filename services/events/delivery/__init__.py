"""Delivers events: one owner for each group of consumers, at one replica at a time."""
