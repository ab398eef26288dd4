"""Whose a cart is."""
