"""Inventory: what there is, where, who holds it, and why it changed."""
