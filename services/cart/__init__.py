"""Carts, what is in them, and what that costs."""
