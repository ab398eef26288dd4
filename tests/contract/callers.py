"""As whom the laws call: callers by who they are, as what their calls carry."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.contract.outcome import Metadata

OPERATOR = "operator"
"""Who may do everything that a user may."""
SERVICE = "role:service"
"""A service of the mesh."""
SERVICES = frozenset({SERVICE, "role:deputy"})
"""Whom only services can be."""
PROVIDER = "provider"
"""The provider of payments. Its calls carry no token: what is known of it is the secret that it signs them with."""
ANONYMOUS: Metadata = ()
FORGED: Metadata = (("authorization", "Bearer forged.forged.forged"),)
"""Credentials that nobody ever gave out."""


def role(name: str) -> str:
    """Who has just this role."""
    return f"role:{name}"


def scope(permission: str) -> str:
    """The operator, by a token that is good for just this permission."""
    return f"scope:{permission}"


@dataclass(frozen=True, slots=True)
class Callers:
    """Callers of one mesh."""

    token: Callable[[str], str | None]
    """The access token of somebody: `operator`, `role:customer`, `scope:inventory.read`. None when there is none."""

    def __call__(self, who: str) -> Metadata | None:
        """What somebody's calls carry; None when this mesh has no such caller."""
        token = self.token(who)
        return bearer(token) if token else None


def bearer(token: str) -> Metadata:
    """What calls with an access token carry."""
    return (("authorization", f"Bearer {token}"),)


def read(file: Path | None) -> Callers:
    """Callers from a file, an object of tokens by who they are; without a file all that is known is anonymous."""
    tokens: dict[str, str] = json.loads(file.read_text()) if file else {}
    return Callers(tokens.get)
