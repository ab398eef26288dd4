"""Payments: money held, taken and given back through a provider, and booked twice."""
