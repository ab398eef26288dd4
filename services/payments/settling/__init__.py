"""What takes several commits: what is asked is written down, the provider is asked, its answer is written down.

A crash between any two leaves an operation that is pending under its idempotency key, and every way on, the same call
again, a webhook or the service itself, leads over that key.
"""

from services.payments.settling.desk import Desk

__all__ = ["Desk"]
