"""As whom the laws call: the one place that knows how a mesh learns who its callers are."""

from dataclasses import dataclass
from typing import Protocol

from tests.contract.outcome import Metadata

ANONYMOUS: Metadata = ()
FORGED: Metadata = (("authorization", "Bearer forged.forged.forged"),)
"""Credentials that nobody ever gave out."""


class Callers(Protocol):
    """Callers of one mesh."""

    @property
    def operator(self) -> Metadata:
        """Who may do everything."""
        ...

    def holding(self, permission: str) -> Metadata | None:
        """Who holds just this permission; None when such a caller cannot be made here."""
        ...

    def lacking(self, permission: str) -> Metadata | None:
        """Who holds every permission but this; None when such a caller cannot be made here."""
        ...


@dataclass(frozen=True, slots=True)
class Trusted:
    """Callers of a mesh that takes everyone for its operator, or knows the operator by the metadata given."""

    operator: Metadata = ()

    def holding(self, permission: str) -> Metadata | None:
        """See `Callers`."""
        return None

    def lacking(self, permission: str) -> Metadata | None:
        """See `Callers`."""
        return None
