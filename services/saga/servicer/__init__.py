"""The RPCs of sagas."""

from services.saga.servicer.servicer import Servicer

__all__ = ["Servicer"]
