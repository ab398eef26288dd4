"""Users, and what they may do to one another's accounts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from services.identity.domain.refusals import FieldReserved

MANAGE = "identity.manage"
TIERS = ("free", "premium", "enterprise")
"""The least first."""
RESERVED = ("roles", "tier", "disabled", "email_verified")
"""What only who holds `identity.manage` writes."""
WRITABLE = ("display_name", *RESERVED)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can sign in. `version` counts the writes; it and the times are the store's."""

    id: str
    email: str
    display_name: str
    roles: tuple[str, ...] = ("customer",)
    tier: str = "free"
    disabled: bool = False
    email_verified: bool = False
    version: int = 0
    create_time: datetime | None = None
    update_time: datetime | None = None

    @property
    def may_sign_in(self) -> bool:
        """Whether the right password is enough."""
        return self.email_verified and not self.disabled


@dataclass(frozen=True, slots=True)
class Account:
    """A user with what proves who they are. `password_version` counts the passwords."""

    user: User
    password_hash: str = field(repr=False)
    password_version: int


def normalised(email: str) -> str:
    """The form of an address by which accounts are told apart."""
    return email.strip().lower()


def check_reserved(before: User, after: User, permissions: Iterable[str]) -> None:
    """Refuses a change of what only administrators write."""
    if MANAGE in permissions:
        return
    for name in RESERVED:
        if getattr(before, name) != getattr(after, name):
            raise FieldReserved(name, MANAGE)
