"""Providers of payments: who holds and moves the money. One interface; each provider is a module behind it."""

from services.payments.provider.http import HttpProvider, open_provider
from services.payments.provider.interface import Provider

__all__ = ["HttpProvider", "Provider", "open_provider"]
