"""The runtime that every service shares. Not a service."""
